import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { programsOf } from '../binaries/programs.ts'
import { greets } from '../process/accepts.ts'
import { copyFreshData, type DataTemplate } from '../process/data-folder.ts'
import { freePort, loopback } from '../process/free-port.ts'
import { runCommand } from '../process/run-command.ts'
import { makeServerFolder, removeServerFolder } from '../process/server-folder.ts'
import { startSingleServer } from '../process/single-server.ts'
import type { Address, Running, StartOptions } from '../server.ts'

interface Flavour {
  name: 'mysql' | 'mariadb'
  /** Makes the system tables in the data folder. */
  initialise: (main: string, base: readonly string[], share: string) => Promise<void>
  settings: readonly string[]
}

/** Starts a MySQL 9; `url` is root's, without a password, in the database `test`. */
export function startMysql(options: StartOptions = {}): Promise<Running> {
  return start(mysql, options)
}

/** Starts a MariaDB 10.11; `url` is root's, without a password, in the database `test`. */
export function startMariadb(options: StartOptions = {}): Promise<Running> {
  return start(mariadb, options)
}

const mysql: Flavour = {
  name: 'mysql',
  initialise: async (main, base) => void (await runCommand(main, [...base, '--initialize-insecure'])),
  settings: ['--mysqlx=OFF', '--secure-file-priv=NULL'],
}

const mariadb: Flavour = {
  name: 'mariadb',
  // What mariadb-install-db does, without that script's search for an installed MariaDB.
  async initialise(main, base, share) {
    const files = ['mysql_system_tables.sql', 'mysql_performance_tables.sql', 'mysql_system_tables_data.sql']
    const statements = await Promise.all(files.map((file) => readFile(join(share, file), 'utf8')))
    const input = ['CREATE DATABASE mysql;', 'USE mysql;', ...statements, ''].join('\n')
    await runCommand(main, [...base, '--bootstrap'], { input })
  },
  settings: [],
}

async function start(flavour: Flavour, options: StartOptions): Promise<Running> {
  const { name } = flavour
  const { main, root, version } = await programsOf(name)
  const share = join(root, 'usr/share/mysql')
  const user = process.getuid?.() === 0 ? ['--user=root'] : [] // it does, when told so
  const base = ['--no-defaults', ...user, `--basedir=${join(root, 'usr')}`, `--lc-messages-dir=${share}`]
  const template: DataTemplate = {
    name,
    recipe: [main, version],
    async make(data) {
      await mkdir(data)
      await flavour.initialise(main, [...base, `--datadir=${data}`], share)
      await rm(join(data, 'auto.cnf'), { force: true }) // the server's identity: each copy makes its own
    },
  }
  const folder = await makeServerFolder(name)
  const data = join(folder, 'data')
  try {
    await copyFreshData(template, data)
  } catch (error) {
    await removeServerFolder(folder)
    throw error
  }
  const port = await freePort()
  const initFile = join(folder, 'init.sql')
  await writeFile(initFile, rootFromAnywhere)
  const files = [`--pid-file=${join(folder, 'pid')}`, `--socket=${join(folder, 'socket')}`, `--init-file=${initFile}`]
  const network = [`--port=${port}`, `--bind-address=${loopback}`, '--skip-name-resolve', '--max-connections=400']
  const sync = options.durable ? ['--innodb-flush-log-at-trx-commit=1'] : quickSettings
  const args = [
    ...base,
    `--datadir=${data}`,
    ...files,
    ...network,
    ...sync,
    ...flavour.settings,
    ...(options.args ?? []),
  ]
  const address: Address = { url: `mysql://root@${loopback}:${port}/test`, host: loopback, port, version }
  return startSingleServer({ name, command: main, args, folder, isReady: () => greets(port) }, address)
}

/** Runs at every start. Its root that is made with the system tables may come through the socket only. */
const rootFromAnywhere = `CREATE USER IF NOT EXISTS 'root'@'%' IDENTIFIED BY '';
GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;
CREATE DATABASE IF NOT EXISTS test;
`

/** A commit is written to the kernel, but not synced. */
const quickSettings = [
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-doublewrite=0',
  '--skip-log-bin',
  '--performance-schema=OFF',
]
