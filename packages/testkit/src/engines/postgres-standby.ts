import postgres from 'postgres'
import { nodeGroup, type RunningNodes } from '../process/server-group.ts'
import { waitUntil } from '../process/wait-until.ts'
import type { Running } from '../server.ts'
import { type PostgresOptions, startPostgres } from './postgres.ts'

export type RunningStandby = RunningNodes & {
  readonly primary: Running
  /** Answers reads, and refuses writes until it is promoted. */
  readonly standby: Running
  /** Makes the standby a primary, and resolves when it takes writes. Kill the old primary first: nothing else ends it. */
  promote(): Promise<void>
}

/**
 * Starts a PostgreSQL and a standby that it streams to; `url` is the primary's, and `nodes` has both. A write is
 * answered when the standby has it too, so that a promotion loses nothing; while the standby is down none is answered.
 */
export async function startPostgresStandby(options: PostgresOptions = {}): Promise<RunningStandby> {
  // Instead of a base backup the standby has the same beginning, and all that was written since is kept for it.
  const kept = ['-c', 'wal_keep_size=1GB', '-c', 'synchronous_standby_names=standby']
  const primary = await startPostgres({ ...options, args: [...kept, ...(options.args ?? [])] })
  const standby = await startPostgres({ ...options, standbyOf: primary }).catch(async (error: unknown) => {
    await primary.stop()
    throw error
  })
  const group = nodeGroup([primary, standby])
  try {
    await waitUntil('postgres-standby: the primary streams to the standby', async () => {
      const [row] = await query(primary, "SELECT count(*)::int AS n FROM pg_stat_replication WHERE sync_state = 'sync'")
      return row?.n === 1
    })
  } catch (error) {
    await group.stop()
    throw error
  }
  return Object.assign(group, {
    primary,
    standby,
    async promote() {
      await query(standby, 'SELECT pg_promote(true)')
      await waitUntil('postgres-standby: the standby takes writes', async () => {
        const [row] = await query(standby, 'SELECT pg_is_in_recovery() AS standby')
        return row?.standby === false
      })
    },
  })
}

async function query({ url }: Running, statement: string): Promise<postgres.Row[]> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} })
  try {
    return await sql.unsafe(statement)
  } finally {
    await sql.end({ timeout: 1 })
  }
}
