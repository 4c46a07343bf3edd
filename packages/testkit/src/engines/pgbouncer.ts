import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { programsOf } from '../binaries/programs.ts'
import { accepts } from '../process/accepts.ts'
import { freePort, loopback } from '../process/free-port.ts'
import { makeServerFolder } from '../process/server-folder.ts'
import { serverGroup } from '../process/server-group.ts'
import { startSingleServer } from '../process/single-server.ts'
import { unprivilegedUser } from '../process/unprivileged-user.ts'
import type { Endpoint, Running } from '../server.ts'
import { type PostgresOptions, postgresSuperuser, startPostgres } from './postgres.ts'

export type RunningPgBouncer = Running & {
  /** The PostgreSQL behind it. */
  readonly postgres: Endpoint & { url: string }
}

/**
 * Starts a PgBouncer that pools transactions: two statements outside of a transaction may meet different connections.
 * It brings a PostgreSQL of its own unless it is given one; then `stop`, `kill` and `restart` leave that alone.
 */
export async function startPgBouncer(
  postgres?: Endpoint & { url: string },
  options: PostgresOptions = {},
): Promise<RunningPgBouncer> {
  if (postgres !== undefined) return Object.assign(await startBouncer(postgres), { postgres })
  const own = await startPostgres(options)
  try {
    const bouncer = await startBouncer(own)
    const { url, host, port, version } = bouncer
    return Object.assign(serverGroup([own, bouncer], { url, host, port, version }), { postgres: own })
  } catch (error) {
    await own.stop()
    throw error
  }
}

async function startBouncer(postgres: Endpoint): Promise<Running> {
  const { main, version } = await programsOf('pgbouncer')
  const owner = await unprivilegedUser() // it refuses to run as root, too
  const folder = await makeServerFolder('pgbouncer', owner)
  const port = await freePort()
  const config = join(folder, 'pgbouncer.ini')
  const users = join(folder, 'users.txt')
  // The password of any other role is looked up in PostgreSQL (auth_query), so that roles that a test makes can log in.
  await writeFile(users, `"${postgresSuperuser}" "${postgresSuperuser}"\n`)
  await writeFile(
    config,
    `[databases]
* = host=${postgres.host} port=${postgres.port} auth_user=${postgresSuperuser}
[pgbouncer]
listen_addr = ${loopback}
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = 20
max_client_conn = 1000
server_login_retry = 1
ignore_startup_parameters = extra_float_digits
`,
  )
  if (owner) await Promise.all([config, users].map((file) => chown(file, owner.uid, owner.gid)))
  const url = `postgres://${postgresSuperuser}:${postgresSuperuser}@${loopback}:${port}/postgres`
  const isReady = () => accepts(port)
  return startSingleServer(
    { name: 'pgbouncer', command: main, args: [config], folder, owner, isReady },
    { url, host: loopback, port, version },
  )
}
