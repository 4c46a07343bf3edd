import { SessionError } from '@sess/core'
import { type Connect } from './connection.ts'
import { connectWithPg, type Pg } from './pg.ts'
import { connectWithPostgresJs, type PostgresJs } from './postgres-js.ts'

/** postgres.js, for connections with the settings of a client of it that was handed in. */
export async function loadPostgresJs(): Promise<PostgresJs> {
  return (await import('postgres')).default
}

/** How connections are opened: with postgres.js, or with pg where only that is installed. */
export async function loadConnect(): Promise<Connect> {
  const postgres = await installed(loadPostgresJs)
  if (postgres !== null) return connectWithPostgresJs(postgres)
  const pg = await installed<Pg>(async () => (await import('pg')).default)
  if (pg !== null) return connectWithPg(pg)
  throw new SessionError(
    'SESS_CONFIG',
    'PostgreSQL: no driver is installed; install `postgres` (postgres.js) or `pg`, or hand in a client as `sql` or `pool`',
  )
}

async function installed<Library>(load: () => Promise<Library>): Promise<Library | null> {
  try {
    return await load()
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
}
