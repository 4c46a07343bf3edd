import { registerStore } from '@sess/core'
import { configOfUrl, memoryConfig } from './config.ts'
import { memoryStore } from './store.ts'

export type { MemoryConfig } from './config.ts'
export { MemoryStorage } from './storage.ts'
export { memoryStore } from './store.ts'

registerStore({
  type: 'memory',
  schemes: ['memory'],
  package: '@sess/memory',
  config: memoryConfig,
  open: (config) => memoryStore(config),
  fromUrl: configOfUrl,
})
