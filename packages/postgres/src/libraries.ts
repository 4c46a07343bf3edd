import { SessionError } from '@sess/core'
import type { Connect } from './connection.ts'
import { connectWithPg, type Pg } from './pg.ts'
import { connectWithPostgresJs, type PostgresJs } from './postgres-js.ts'

/** The drivers, loaded when they are first needed. */
export interface Libraries {
  /** How connections of the store's own are opened. */
  readonly connect: () => Promise<Connect>
  /** For connections with the settings of a client of it that was handed in. */
  readonly postgresJs: () => Promise<PostgresJs>
}

export const installedLibraries: Libraries = { connect, postgresJs }

async function postgresJs(): Promise<PostgresJs> {
  return (await import('postgres')).default
}

/** With postgres.js, or with pg where only that is installed. */
async function connect(): Promise<Connect> {
  const postgres = await installed(postgresJs)
  if (postgres !== null) return connectWithPostgresJs(postgres)
  const pg = await installed<Pg>(async () => (await import('pg')).default)
  if (pg !== null) return connectWithPg(pg)
  throw new SessionError(
    'SESS_CONFIG',
    'PostgreSQL: no driver is installed; install postgres (postgres.js) or pg, or hand in a client as sql or pool',
  )
}

async function installed<Library>(load: () => Promise<Library>): Promise<Library | null> {
  try {
    return await load()
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return null
    throw error
  }
}
