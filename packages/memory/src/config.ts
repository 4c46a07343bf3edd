import { instance, integer, type StoreConfigInput, splitUrl, storeConfig } from '@sess/core/config'
import { MemoryStorage } from './storage.ts'

export const memoryConfig = storeConfig({
  maxSessions: integer({ min: 1 }),
  storage: instance<MemoryStorage>('a MemoryStorage', (value) => value instanceof MemoryStorage),
})

/** The options of a memory store, by code or by configuration; all may be left out. */
export type MemoryConfig = StoreConfigInput<typeof memoryConfig>

declare global {
  interface SessStoreConfigs {
    memory: MemoryConfig
  }
}

/** The configuration in a URL such as `memory:?max_sessions=1000`. @throws `TypeError` where it names anything else */
export function configOfUrl(text: string): Record<string, string> {
  const { url, parameters } = splitUrl(text)
  if (!/^memory:(\/\/)?$/i.test(url)) throw new TypeError('a memory store has no address')
  return parameters
}
