import { registerStore } from '@sess/core'
import { parseUrl, sqliteConfig } from './config.ts'
import { sqliteStore } from './store.ts'

export type { SqliteConfig } from './config.ts'
export { sqliteSchema } from './schema.ts'
export { sqliteStore } from './store.ts'

registerStore({
  type: 'sqlite',
  schemes: ['sqlite'],
  package: '@sess/sqlite',
  config: sqliteConfig,
  open: (config) => sqliteStore(config),
  fromUrl: parseUrl,
})
