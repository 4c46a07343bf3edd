import { createSessionStore, type JsonObject, registerStore, type WithData } from '@sess/core'
import { parseOptions, type StoreConfigInput, storeConfig, text, url } from '@sess/core/config'
import { MongoBackend } from './backend.ts'

const fields = { uri: url(['mongodb', 'mongodb+srv']), database: text(), collection: text() }
const mongoConfig = storeConfig(fields, { required: ['uri'] })
export type MongoConfig = StoreConfigInput<typeof mongoConfig>

declare global {
  interface SessStoreConfigs {
    mongodb: MongoConfig
  }
}

/** Sessions in MongoDB. `database` left out: the one in `uri`, or 'test'; `collection`: 'sessions'. @throws `SESS_CONFIG` */
export function mongoStore<Data extends object = JsonObject>(options: WithData<MongoConfig, Data>) {
  const config = parseOptions('mongodb', mongoConfig, options as MongoConfig)
  return createSessionStore<Data>(new MongoBackend(config), config)
}

registerStore({
  type: 'mongodb',
  schemes: ['mongodb', 'mongodb+srv'],
  package: '@acme/mongodb-store',
  config: mongoConfig,
  open: (config) => mongoStore(config),
  fromUrl: (uri) => ({ uri }),
})
