import type { SqlCall, SqlResult, SqlValue } from '@sess/sql'
import type { Connection, QueryOptions, QueryResult } from 'mysql2'
import { mysqlError } from './errors.ts'

/** What the server takes. */
export interface Limits {
  /** `max_allowed_packet`: the server drops a connection that sends more. */
  readonly maxPacketBytes: number
}

/** What a command has beside its values, at most: numbers, lengths, types. */
const packetOverheadBytes = 4_096

/** Sends a prepared statement; its answer is the same whatever options the connection's owner has chosen. */
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

/** Sends a text without values; resolves with its rows. Not everything can be prepared everywhere. */
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

/** Overrides a function that the pool's owner gave for all columns. */
function plainly(_field: unknown, next: () => unknown): unknown {
  return next()
}

/**
 * Numbers go as text, which the server takes for a LIMIT as well; a number would be sent as a floating-point one. The empty
 * text, which here is always the key before all keys, goes as NUL: MariaDB has a mode in which an empty text is NULL.
 */
function valueToSend(value: SqlValue): string | Buffer | null {
  if (value === '') return '\0'
  return value === null || Buffer.isBuffer(value) ? value : String(value)
}
