import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { programsOf } from '../binaries/programs.ts'
import { copyFreshData, type DataTemplate } from '../process/data-folder.ts'
import { freePort, loopback } from '../process/free-port.ts'
import { runCommand } from '../process/run-command.ts'
import { makeServerFolder, removeServerFolder } from '../process/server-folder.ts'
import { startSingleServer } from '../process/single-server.ts'
import { type Owner, unprivilegedUser } from '../process/unprivileged-user.ts'
import type { Address, Running, StartOptions } from '../server.ts'

export interface PostgresOptions extends StartOptions {
  /** 'stable' is PostgreSQL 15, 'newest' the newest to be had. */
  version?: 'stable' | 'newest'
  /** The server that it is a standby of. Both begin with the same fresh data: it needs everything since. */
  standbyOf?: Address
}

/** The name and the password of the superuser. Every login needs a password (SCRAM), as in production. */
export const postgresSuperuser = 'postgres'

/** Starts a PostgreSQL; `url` is its superuser's, in the database `postgres`. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Running> {
  const { main, version } = await programsOf(options.version === 'newest' ? 'postgresNewest' : 'postgres15')
  const owner = await unprivilegedUser()
  const folder = await makeServerFolder('postgres', owner)
  const data = join(folder, 'data')
  try {
    await copyFreshData(freshData(join(dirname(main), 'initdb'), version, owner), data)
    if (options.standbyOf) await writeFile(join(data, 'standby.signal'), '')
  } catch (error) {
    await removeServerFolder(folder)
    throw error
  }
  const port = await freePort()
  const settings = [`port=${port}`, `listen_addresses=${loopback}`, 'unix_socket_directories=', 'max_connections=200']
  // Without fsync a commit still reaches the kernel before it is answered, so that it outlives SIGKILL.
  if (!options.durable) settings.push('fsync=off', 'full_page_writes=off')
  if (options.standbyOf) settings.push(`primary_conninfo=${options.standbyOf.url}?application_name=standby`)
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting]), ...(options.args ?? [])]
  const url = `postgres://${postgresSuperuser}:${postgresSuperuser}@${loopback}:${port}/postgres`
  const address: Address = { url, host: loopback, port, version }
  const isReady = (pid: number) => saysReady(data, pid)
  const postgres = await startSingleServer(
    // SIGQUIT is its immediate end. SIGKILL would leave its segment of System V memory in the kernel.
    { name: 'postgres', command: main, args, folder, owner, endSignal: 'SIGQUIT', isReady },
    address,
  )
  return withMemoryReleased(postgres, data)
}

function freshData(initdb: string, version: string, owner: Owner | null): DataTemplate {
  const login = ['--username', postgresSuperuser, '--auth', 'scram-sha-256']
  const args = ['--encoding', 'UTF8', '--locale', 'C', '--no-instructions', ...login]
  return {
    name: 'postgres',
    recipe: [initdb, version, ...args],
    owner,
    async make(data, scratch) {
      const passwordFile = join(scratch, 'superuser-password')
      await writeFile(passwordFile, postgresSuperuser)
      const env = { ...process.env, LC_ALL: 'C' }
      await runCommand(initdb, ['--pgdata', data, '--pwfile', passwordFile, ...args], { ...owner, cwd: scratch, env })
    },
  }
}

/** It notes its state in the eighth line of its pid file, as pg_ctl reads it. The file may be of a run before. */
async function saysReady(data: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')
  return lines[0] === String(pid) && /^(ready|standby)\s*$/.test(lines[7] ?? '')
}

/** A PostgreSQL that is stopped while it is killed cannot release its shared memory itself; the pid file has its id. */
function withMemoryReleased(postgres: Running, data: string): Running {
  const { stop } = postgres
  return Object.assign(postgres, {
    async stop() {
      const isKilled = postgres.pids.length === 0
      const pidFile = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
      const segment = /^\s*\d+\s+(\d+)$/m.exec(pidFile)?.[1]
      await stop()
      if (isKilled && segment !== undefined) await runCommand('ipcrm', ['-m', segment]).catch(() => {})
    },
  })
}
