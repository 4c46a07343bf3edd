import type { Address, ClusterAddress, NodesAddress, SentinelAddress, TlsAddress } from './server.ts'

/** Every server that a test can ask for, and what it is told about it. */
export interface Addresses {
  redis7: Address
  valkey9: Address
  'redis-cluster': ClusterAddress
  'redis-sentinel': SentinelAddress
  'redis-tls': TlsAddress
  postgres15: Address
  'postgres-newest': Address
  pgbouncer: Address
  mysql9: Address
  mariadb: Address
  galera: NodesAddress
  'mysql-group': NodesAddress
  'postgres-standby': NodesAddress
}

export type ServerName = keyof Addresses

/** The environment variable by which a person brings a server of their own, to be used instead of a started one. */
export const variables: Readonly<Record<ServerName, string>> = {
  redis7: 'SESS_TEST_REDIS_URL',
  valkey9: 'SESS_TEST_VALKEY_URL',
  'redis-cluster': 'SESS_TEST_REDIS_CLUSTER_URL',
  'redis-sentinel': 'SESS_TEST_REDIS_SENTINEL_URL',
  'redis-tls': 'SESS_TEST_REDIS_TLS_URL',
  postgres15: 'SESS_TEST_POSTGRES_URL',
  'postgres-newest': 'SESS_TEST_POSTGRES_NEWEST_URL',
  pgbouncer: 'SESS_TEST_PGBOUNCER_URL',
  mysql9: 'SESS_TEST_MYSQL_URL',
  mariadb: 'SESS_TEST_MARIADB_URL',
  galera: 'SESS_TEST_GALERA_URL',
  'mysql-group': 'SESS_TEST_MYSQL_GROUP_URL',
  'postgres-standby': 'SESS_TEST_POSTGRES_STANDBY_URL',
}

export const serverNames = Object.keys(variables) as ServerName[]

/** Databases on more than one machine, as it were. They take long to start, and are for the matrix tests. */
export const databaseClusters = ['galera', 'mysql-group', 'postgres-standby'] as const

/** The servers that the usual tests run on. */
export type SingleName = Exclude<ServerName, (typeof databaseClusters)[number]>

export const singleNames = serverNames.filter(
  (name): name is SingleName => !databaseClusters.some((cluster) => cluster === name),
)

/**
 * Whether the person who runs the tests asked to leave a server out: `SESS_TEST_SKIP=mysql9,redis-cluster`. Nothing
 * else skips a test: a server that cannot be started fails it.
 */
export function isSkipped(name: ServerName): boolean {
  const skipped = (process.env.SESS_TEST_SKIP ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)
  const unknown = skipped.filter((word) => !(word in variables))
  if (unknown.length > 0) {
    throw new Error(`SESS_TEST_SKIP names ${unknown.join(', ')}; there are ${serverNames.join(', ')}`)
  }
  return skipped.includes(name)
}
