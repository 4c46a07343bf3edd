export { shared, startBroker } from './broker.ts'
export { startGalera } from './engines/galera.ts'
export { startMariadb, startMysql } from './engines/mysql.ts'
export { startMysqlGroup } from './engines/mysql-group.ts'
export { type RunningPgBouncer, startPgBouncer } from './engines/pgbouncer.ts'
export { type PostgresOptions, startPostgres } from './engines/postgres.ts'
export { type RunningStandby, startPostgresStandby } from './engines/postgres-standby.ts'
export { startRedis, startValkey } from './engines/redis.ts'
export { type RunningCluster, startRedisCluster } from './engines/redis-cluster.ts'
export { type RunningSentinel, startRedisSentinel } from './engines/redis-sentinel.ts'
export { startRedisTls } from './engines/redis-tls.ts'
export {
  type Addresses,
  databaseClusters,
  isSkipped,
  type ServerName,
  type SingleName,
  serverNames,
  singleNames,
  variables,
} from './names.ts'
export { freePort } from './process/free-port.ts'
export { makeServerFolder, removeServerFolder } from './process/server-folder.ts'
export type { RunningNodes } from './process/server-group.ts'
export { startSingleServer } from './process/single-server.ts'
export { type FaultProxy, startProxy } from './proxy.ts'
export type {
  Address,
  ClusterAddress,
  Controls,
  Endpoint,
  NodesAddress,
  Running,
  SentinelAddress,
  StartOptions,
  TlsAddress,
} from './server.ts'
export { type Started, servers, start } from './start.ts'
export { type StoreProcess, type StoreProcesses, sourceImports, startStores } from './stores/start-stores.ts'
