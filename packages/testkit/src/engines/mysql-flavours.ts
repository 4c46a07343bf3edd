import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { programsOf } from '../binaries/programs.ts'
import { copyFreshData, type DataTemplate } from '../process/data-folder.ts'
import { freePort, loopback } from '../process/free-port.ts'
import { runCommand } from '../process/run-command.ts'
import { makeServerFolder, removeServerFolder } from '../process/server-folder.ts'
import type { Address } from '../server.ts'

export interface Flavour {
  readonly name: 'mysql' | 'mariadb'
  /** Makes the system tables in the data folder. */
  readonly initialise: (main: string, base: readonly string[], share: string) => Promise<void>
  readonly settings: readonly string[]
  /** Keeps what the init file does out of replication: each node does it for itself. */
  readonly unreplicated: string
}

export const mysql: Flavour = {
  name: 'mysql',
  initialise: async (main, base) => void (await runCommand(main, [...base, '--initialize-insecure'])),
  settings: ['--mysqlx=OFF', '--secure-file-priv=NULL'],
  unreplicated: 'SET SESSION sql_log_bin = 0;',
}

export const mariadb: Flavour = {
  name: 'mariadb',
  // What mariadb-install-db does, without that script's search for an installed MariaDB.
  async initialise(main, base, share) {
    const files = ['mysql_system_tables.sql', 'mysql_performance_tables.sql', 'mysql_system_tables_data.sql']
    const statements = await Promise.all(files.map((file) => readFile(join(share, file), 'utf8')))
    const input = ['CREATE DATABASE mysql;', 'USE mysql;', ...statements, ''].join('\n')
    await runCommand(main, [...base, '--bootstrap'], { input })
  },
  settings: [],
  unreplicated: 'SET SESSION wsrep_on = OFF;',
}

/** A server that has its data, and only needs to be started. */
export interface PreparedMysql {
  readonly command: string
  readonly root: string
  readonly folder: string
  readonly data: string
  /** Everything but how durable it is, and what a cluster adds. */
  readonly args: readonly string[]
  readonly address: Address
}

/** What is done once to fresh data before servers get copies of it. */
export interface Seed {
  readonly name: string
  readonly sow: (main: string, args: readonly string[], scratch: string) => Promise<unknown>
}

/** Makes a folder for a server, with fresh data and a port. */
export async function prepareMysql(flavour: Flavour, seed?: Seed): Promise<PreparedMysql> {
  const { name } = flavour
  const { main, root, version } = await programsOf(name)
  const share = join(root, 'usr/share/mysql')
  const user = process.getuid?.() === 0 ? ['--user=root'] : [] // it does, when told so
  const base = ['--no-defaults', ...user, `--basedir=${join(root, 'usr')}`, `--lc-messages-dir=${share}`]
  const template: DataTemplate = {
    name: seed?.name ?? name,
    recipe: [main, version],
    async make(data, scratch) {
      const args = [...base, `--datadir=${data}`, `--tmpdir=${scratch}`]
      await mkdir(data)
      await flavour.initialise(main, args, share)
      await seed?.sow(main, args, scratch)
      await rm(join(data, 'auto.cnf'), { force: true }) // the server's identity: each copy makes its own
    },
  }
  const folder = await makeServerFolder(name)
  const data = join(folder, 'data')
  const initFile = join(folder, 'init.sql')
  try {
    await copyFreshData(template, data)
    await writeFile(initFile, `${flavour.unreplicated}\n${rootFromAnywhere}`)
  } catch (error) {
    await removeServerFolder(folder)
    throw error
  }
  const port = await freePort()
  // A MariaDB that starts deletes the temporary tables in its tmpdir. In a folder that servers share, another server that
  // is using one of them crashes.
  const own = [`--datadir=${data}`, `--tmpdir=${folder}`, `--pid-file=${join(folder, 'pid')}`]
  const files = [`--socket=${join(folder, 'socket')}`, `--init-file=${initFile}`]
  const network = [`--port=${port}`, `--bind-address=${loopback}`, '--skip-name-resolve', '--max-connections=400']
  return {
    command: main,
    root,
    folder,
    data,
    args: [...base, ...own, ...files, ...network, ...flavour.settings],
    address: { url: `mysql://root@${loopback}:${port}/test`, host: loopback, port, version },
  }
}

/** Runs at every start. Its root that is made with the system tables may come through the socket only. */
const rootFromAnywhere = `CREATE USER IF NOT EXISTS 'root'@'%' IDENTIFIED BY '';
GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;
CREATE DATABASE IF NOT EXISTS test;
`

/** A commit is written to the kernel, but not synced. */
export const quickSettings = [
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-doublewrite=0',
  '--performance-schema=OFF',
] as const
