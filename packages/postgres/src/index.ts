import { registerStore } from '@sess/core'
import { parseUrl, postgresConfig } from './config.ts'
import { postgresStore } from './store.ts'

export type { PostgresConfig } from './config.ts'
export { postgresSchema } from './schema.ts'
export { postgresStore } from './store.ts'

registerStore({
  type: 'postgres',
  schemes: ['postgres', 'postgresql'],
  package: '@sess/postgres',
  config: postgresConfig,
  open: (config) => postgresStore(config),
  fromUrl: parseUrl,
})
