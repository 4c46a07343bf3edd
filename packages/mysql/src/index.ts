import { registerStore } from '@sess/core'
import { mysqlConfig, parseUrl } from './config.ts'
import { mysqlStore } from './store.ts'

export type { MysqlConfig } from './config.ts'
export type { MysqlPool } from './pool.ts'
export { mysqlSchema } from './schema.ts'
export { mysqlStore } from './store.ts'

registerStore({
  type: 'mysql',
  schemes: ['mysql', 'mariadb'],
  package: '@sess/mysql',
  config: mysqlConfig,
  open: (config) => mysqlStore(config),
  fromUrl: parseUrl,
})
