import type { SqlCall, SqlResult, SqlValue } from '@sess/sql'
import type { Connection, QueryOptions, QueryResult } from 'mysql2'
import { mysqlError } from './errors.ts'

/** The limits of the server. */
export interface Limits {
  /** `max_allowed_packet`: the server drops a connection that sends more. */
  readonly maxPacketBytes: number
}

/** The most bytes of a command beside its values: numbers, lengths, types. */
const packetOverheadBytes = 4_096

/** Sends a prepared statement. The options of a handed-in connection do not change the form of the answer. */
export function execute(connection: Connection, call: SqlCall, limits: Limits): Promise<SqlResult> {
  const { statement } = call
  const values = call.values.map(valueToSend)
  const bytes = values.reduce((sum: number, value) => sum + (value?.length ?? 0), packetOverheadBytes)
  if (bytes > limits.maxPacketBytes) {
    return Promise.reject(
      mysqlError(1153, 'ER_NET_PACKET_TOO_LARGE', 'the statement is larger than max_allowed_packet'),
    )
  }
  return new Promise((resolve, reject) => {
    connection.execute<QueryResult>(plainOptions(connection, statement.text, values), (error, result) => {
      if (error) reject(error)
      else if (Array.isArray(result)) resolve({ rows: result as unknown[][], affected: result.length })
      else resolve({ rows: [], affected: result.affectedRows, insertId: Number(result.insertId) })
    })
  })
}

/** Sends a statement without values, and resolves with its rows. Some statements cannot be prepared on some servers. */
export function sendQuery(connection: Connection, text: string): Promise<readonly unknown[][]> {
  return new Promise((resolve, reject) => {
    connection.query(plainOptions(connection, text), (error, rows) => {
      if (error) reject(error)
      else resolve(Array.isArray(rows) ? (rows as unknown as unknown[][]) : [])
    })
  })
}

function plainOptions({ config }: Connection, sql: string, values: (string | Buffer | null)[] = []): QueryOptions {
  return {
    sql,
    values,
    rowsAsArray: true,
    nestTables: false,
    namedPlaceholders: false,
    typeCast: typeof config.typeCast === 'function' ? plainly : true,
  }
}

/** Replaces a typeCast function of the pool's owner. */
function plainly(_field: unknown, next: () => unknown): unknown {
  return next()
}

/**
 * Sends numbers as strings, which the server also takes for a LIMIT; mysql2 would send a number as floating point. The empty
 * string, which is always the key before all keys here, is sent as a NUL byte: MariaDB has a mode in which '' is NULL.
 */
function valueToSend(value: SqlValue): string | Buffer | null {
  if (value === '') return '\0'
  return value === null || Buffer.isBuffer(value) ? value : String(value)
}
