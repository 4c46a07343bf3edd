import { broughtServer, privateWay } from './brought.ts'
import { startGalera } from './engines/galera.ts'
import { startMariadb, startMysql } from './engines/mysql.ts'
import { startMysqlGroup } from './engines/mysql-group.ts'
import { type RunningPgBouncer, startPgBouncer } from './engines/pgbouncer.ts'
import { startPostgres } from './engines/postgres.ts'
import { type RunningStandby, startPostgresStandby } from './engines/postgres-standby.ts'
import { startRedis, startValkey } from './engines/redis.ts'
import { type RunningCluster, startRedisCluster } from './engines/redis-cluster.ts'
import { type RunningSentinel, startRedisSentinel } from './engines/redis-sentinel.ts'
import { startRedisTls } from './engines/redis-tls.ts'
import type { Addresses, ServerName } from './names.ts'
import type { RunningNodes } from './process/server-group.ts'
import type { Running, StartOptions } from './server.ts'

/** The servers that are several: a proxy cannot stand in front of them, as they tell clients of each other. */
interface Groups {
  'redis-cluster': RunningCluster
  'redis-sentinel': RunningSentinel
  galera: RunningNodes
  'mysql-group': RunningNodes
  'postgres-standby': RunningStandby
}

/** What `start` gives: an address and the controls, and for some servers more. */
export type Started<Name extends ServerName> = Name extends keyof Groups ? Groups[Name] : Running<Addresses[Name]>

type Starter<Name extends ServerName> = (options?: StartOptions) => Promise<Started<Name>>

/** The table of all servers. */
export const servers: Readonly<{ [Name in ServerName]: Starter<Name> }> = {
  redis7: startRedis,
  valkey9: startValkey,
  'redis-cluster': startRedisCluster,
  'redis-sentinel': startRedisSentinel,
  'redis-tls': startRedisTls,
  postgres15: startPostgres,
  'postgres-newest': (options) => startPostgres({ ...options, version: 'newest' }),
  pgbouncer: (options): Promise<RunningPgBouncer> => startPgBouncer(undefined, options),
  mysql9: startMysql,
  mariadb: startMariadb,
  galera: startGalera,
  'mysql-group': startMysqlGroup,
  'postgres-standby': startPostgresStandby,
}

const groups: ReadonlySet<string> = new Set<keyof Groups>([
  'redis-cluster',
  'redis-sentinel',
  'galera',
  'mysql-group',
  'postgres-standby',
])

/**
 * Starts a private server, which may be killed and restarted. One that was brought by its variable is used through a
 * proxy of its own, by which `kill` is an outage of the network; but one that is several servers is always started.
 */
export async function start<Name extends ServerName>(name: Name, options?: StartOptions): Promise<Started<Name>> {
  if (!groups.has(name)) {
    const brought = await broughtServer(name)
    if (brought !== null) return (await privateWay(brought)) as Started<Name>
  }
  return servers[name](options)
}
