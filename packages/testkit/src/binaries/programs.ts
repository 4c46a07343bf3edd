import { existsSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { runCommand } from '../process/run-command.ts'
import { type DebianPrograms, unpackedPackage } from './unpack.ts'

interface EngineBinaries extends DebianPrograms {
  /** Matches what the first program prints for `--version`, with the version as its first group. */
  version: RegExp
}

/** Where each engine comes from: the machine, where the version fits, or else this Debian package. */
const engines = {
  redis: {
    version: /^Redis server v=(7\.\S+)/,
    suite: 'bookworm',
    name: 'redis-server',
    unpack: ['redis-server', 'redis-tools'],
    programs: ['usr/bin/redis-server'],
  },
  valkey: {
    version: /^Valkey server v=(9\.\S+)/,
    suite: 'unstable',
    name: 'valkey-server',
    unpack: ['valkey-server', 'valkey-tools'],
    programs: ['usr/bin/valkey-server'],
  },
  postgres15: {
    version: /\(PostgreSQL\) (15\.\S+)/,
    suite: 'bookworm',
    name: 'postgresql-15',
    unpack: ['postgresql-15', 'postgresql-client-15'],
    programs: ['usr/lib/postgresql/15/bin/postgres', 'usr/lib/postgresql/15/bin/initdb'],
  },
  postgresNewest: {
    version: /\(PostgreSQL\) ((?:1[89]|[2-9]\d)\.\S+)/,
    suite: 'unstable',
    name: 'postgresql-18',
    unpack: ['postgresql-18', 'postgresql-client-18'],
    programs: ['usr/lib/postgresql/18/bin/postgres', 'usr/lib/postgresql/18/bin/initdb'],
  },
  pgbouncer: {
    version: /^PgBouncer (1\.\S+)/,
    suite: 'bookworm',
    name: 'pgbouncer',
    unpack: ['pgbouncer'],
    programs: ['usr/sbin/pgbouncer'],
  },
  mysql: {
    version: /Ver (9\.\S+)(?!.*MariaDB)/,
    suite: 'unstable',
    name: 'mysql-server-core',
    unpack: ['mysql-server-core'],
    programs: ['usr/sbin/mysqld'],
  },
  mariadb: {
    version: /Ver (10\.11\.\d+)-MariaDB/,
    suite: 'bookworm',
    name: 'mariadb-server-core',
    unpack: ['mariadb-server-core'],
    programs: ['usr/sbin/mariadbd'],
  },
  openssl: {
    version: /^OpenSSL (\S+)/,
    suite: 'bookworm',
    name: 'openssl',
    unpack: ['openssl'],
    programs: ['usr/bin/openssl'],
  },
} as const satisfies Record<string, EngineBinaries>

export interface Programs {
  /** The full path of the engine's main program; its other programs are beside it. */
  main: string
  /** The root of the file system that it was unpacked to, `/` for an installed one. */
  root: string
  version: string
}

const found = new Map<string, Promise<Programs>>()

/** Finds an engine's programs on this machine, or downloads them. */
export function programsOf(engine: keyof typeof engines): Promise<Programs> {
  let programs = found.get(engine)
  if (programs === undefined) {
    programs = locate(engine)
    found.set(engine, programs)
    programs.catch(() => found.delete(engine)) // the next caller tries again
  }
  return programs
}

async function locate(engine: keyof typeof engines): Promise<Programs> {
  const wanted: EngineBinaries = engines[engine]
  const [program = ''] = wanted.programs
  const folders = [...(process.env.PATH ?? '').split(delimiter), join('/', dirname(program))]
  const complete = folders.filter((folder) => wanted.programs.every((path) => existsSync(join(folder, basename(path)))))
  for (const path of complete.map((folder) => join(folder, basename(program)))) {
    const version = await versionOf(path, wanted.version).catch(() => null)
    if (version !== null) return { main: path, root: '/', version }
  }
  try {
    const root = await unpackedPackage(wanted)
    const main = join(root, program)
    const version = await versionOf(main, wanted.version)
    if (version === null) throw new Error(`${wanted.name} holds another version than ${wanted.version}`)
    return { main, root, version }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(`${engine}: not installed here, and downloading it failed: ${message}`, { cause: error })
  }
}

async function versionOf(path: string, pattern: RegExp): Promise<string | null> {
  return pattern.exec(await runCommand(path, path.includes('openssl') ? ['version'] : ['--version']))?.[1] ?? null
}

/** The library that makes a MariaDB a node of a Galera cluster. It needs no library that MariaDB has not loaded. */
export async function galeraLibrary(): Promise<string> {
  const path = 'usr/lib/galera/libgalera_smm.so'
  const installed = join('/', path)
  if (existsSync(installed)) return installed
  return join(await unpackedPackage({ suite: 'bookworm', name: 'galera-4', unpack: ['galera-4'], programs: [] }), path)
}
