import { type Connection, select } from './connection.ts'

/** The server process of a connection. Another process may get its number later, but never its start. */
export interface Backend {
  readonly pid: number
  /** The instant of its start, in microseconds. */
  readonly startedAt: string
}

const backends = new WeakMap<Connection, Backend>()

/** The process of a connection; undefined behind a pooler, where each transaction may have another one. */
export function backendOf(connection: Connection): Backend | undefined {
  return backends.get(connection)
}

/** Asks a new connection which process serves it, and whether it takes writes. It sets the encoding, which pg leaves to the role. */
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
