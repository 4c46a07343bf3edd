import { greets } from '../process/accepts.ts'
import { startSingleServer } from '../process/single-server.ts'
import type { Running, StartOptions } from '../server.ts'
import { type Flavour, mariadb, mysql, prepareMysql, quickSettings } from './mysql-flavours.ts'

/** Starts a MySQL 9; `url` is root's, without a password, in the database `test`. */
export function startMysql(options: StartOptions = {}): Promise<Running> {
  return start(mysql, options)
}

/** Starts a MariaDB 10.11; `url` is root's, without a password, in the database `test`. */
export function startMariadb(options: StartOptions = {}): Promise<Running> {
  return start(mariadb, options)
}

async function start(flavour: Flavour, options: StartOptions): Promise<Running> {
  const { command, folder, args, address } = await prepareMysql(flavour)
  const sync = options.durable ? ['--innodb-flush-log-at-trx-commit=1'] : [...quickSettings, '--skip-log-bin']
  return startSingleServer(
    {
      name: flavour.name,
      command,
      args: [...args, ...sync, ...(options.args ?? [])],
      folder,
      isReady: () => greets(address.port),
    },
    address,
  )
}
