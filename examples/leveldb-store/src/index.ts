import { createSessionStore, type JsonObject, registerStore, type WithData } from '@sess/core'
import { parseOptions, type StoreConfigInput, storeConfig, text } from '@sess/core/config'
import { LevelBackend } from './backend.ts'

const levelConfig = storeConfig({ path: text() }, { required: ['path'] })
export type LevelConfig = StoreConfigInput<typeof levelConfig>

declare global {
  interface SessStoreConfigs {
    leveldb: LevelConfig
  }
}

/** Sessions in the LevelDB of a folder. Each write waits for the disk. @throws `SESS_CONFIG` */
export function levelStore<Data extends object = JsonObject>(options: WithData<LevelConfig, Data>) {
  const { path, ...common } = parseOptions('leveldb', levelConfig, options as LevelConfig)
  return createSessionStore<Data>(new LevelBackend(path), common)
}

registerStore({
  type: 'leveldb',
  schemes: ['leveldb'],
  package: '@acme/leveldb-store',
  config: levelConfig,
  open: (config) => levelStore(config),
  fromUrl: (url) => ({ path: decodeURI(url.replace(/^leveldb:(\/\/)?/i, '')) }),
})
