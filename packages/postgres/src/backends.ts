import { type Connection, select } from './connection.ts'

/** The process at the server that serves a connection. Its number may be given to another one later, its start may not. */
export interface Backend {
  readonly pid: number
  /** The instant of its start, in microseconds. */
  readonly startedAt: string
}

const backends = new WeakMap<Connection, Backend>()

/** The process behind a connection; undefined behind a pooler, where that is another one for each transaction. */
export function backendOf(connection: Connection): Backend | undefined {
  return backends.get(connection)
}

/** What a new connection is asked: who serves it, and whether it takes writes. pg leaves its encoding to the role. */
const whoServes = select(`select pid, (extract(epoch from backend_start) * 1000000)::bigint,
    pg_catalog.current_setting('transaction_read_only'), pg_catalog.set_config('client_encoding', 'UTF8', false)
  from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())`)

/** Finds out which process serves a connection, and whether that takes no writes. */
export async function meet(connection: Connection): Promise<{ isReadOnly: boolean }> {
  const { rows } = await connection.execute(whoServes)
  const [pid, startedAt, readOnly] = rows[0] ?? []
  const { cancelKey } = connection
  if (cancelKey !== null && Number(pid) === cancelKey.pid) {
    backends.set(connection, { pid: Number(pid), startedAt: String(startedAt) })
  }
  return { isReadOnly: readOnly === 'on' }
}
