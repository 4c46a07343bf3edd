import { driverErrors, type FaultEntry, SessionError } from '@sess/core'

const noDatabase: FaultEntry = { fault: 'missingSchema', message: 'there is no such database, or none is chosen' }
const interrupted: FaultEntry = { fault: 'unknown', message: 'the statement was interrupted' }
const unknownSql: FaultEntry = { fault: 'misconfigured', message: 'the server does not know the SQL' }
const noConnectionSetup: FaultEntry = { fault: 'misconfigured', message: 'the connection cannot be set up this way' }
const reread: FaultEntry = {
  fault: 'unknown',
  message: 'the server has forgotten the statement or its table has changed',
}
const unsettled: FaultEntry = { fault: 'unknown', message: 'the server does not know whether the write took effect' }

/**
 * The fault of each error number of a server or proxy. Numbers and not names: mysql2 gives MariaDB's errors the names that MySQL
 * has for the numbers, or none.
 */
export const faultsByNumber: Readonly<Record<number, FaultEntry>> = {
  1020: 'conflict', // record has changed since last read (MariaDB's snapshot isolation)
  1021: 'full', // disk full
  1026: 'full', // error writing file
  1034: 'damaged', // incorrect key file
  1037: 'exhausted', // out of memory
  1038: 'exhausted', // out of sort memory
  1040: 'exhausted', // too many connections
  1041: 'exhausted', // out of resources
  1044: 'denied', // for the database
  1045: 'denied', // for the user
  1046: noDatabase,
  1047: 'starting', // a node of a Galera cluster that is not ready
  1048: 'refusedRow', // null
  1049: noDatabase,
  1051: 'missingSchema',
  1053: 'starting', // shutdown in progress
  1054: 'missingSchema',
  1062: 'duplicate',
  1064: unknownSql,
  1077: 'starting', // shutdown
  1079: 'starting',
  1080: 'starting', // forcing close of a thread
  1104: { fault: 'misconfigured', message: 'max_join_size is too small; set sql_big_selects = 1' },
  1114: 'full', // the table is full
  1118: 'tooLarge', // row size
  1129: { fault: 'unreachable', message: 'the server blocks this host' },
  1130: 'denied', // host not privileged
  1135: 'exhausted', // can't create a thread
  1142: 'denied', // for the table
  1143: 'denied', // for the column
  1146: 'missingSchema',
  1153: 'tooLarge', // max_allowed_packet
  1158: 'unreachable', // network read
  1159: 'unreachable',
  1160: 'unreachable', // network write
  1161: 'unreachable',
  1175: { fault: 'misconfigured', message: 'sql_safe_updates refuses the statement; set sql_safe_updates = 0' },
  1176: { fault: 'missingSchema', message: 'an index of the tables is missing; run the DDL that the package prints' },
  1180: 'conflict', // error during COMMIT: a certification that was lost in a group
  1184: 'unreachable', // aborted connection
  1193: { fault: 'misconfigured', message: 'the server lacks a setting that the store needs' },
  1194: 'damaged',
  1195: 'damaged',
  1203: 'exhausted', // connections of the user
  1205: 'late', // lock wait timeout
  1206: 'exhausted', // lock table
  1213: 'conflict', // deadlock
  1216: 'refusedRow', // a foreign key
  1217: 'refusedRow',
  1223: 'readOnly', // FLUSH TABLES WITH READ LOCK on this connection
  1226: 'exhausted', // a limit of the user
  1227: 'denied', // a right
  1231: { fault: 'misconfigured', message: 'the server refuses a setting of the connection' },
  1235: unknownSql,
  1243: reread,
  1251: noConnectionSetup, // authentication
  1264: 'refusedRow', // out of range
  1267: { fault: 'misconfigured', message: 'the collations of a column and of the connection do not agree' },
  1288: 'missingSchema', // no table to update
  1290: 'readOnly', // --read-only
  1292: 'refusedRow', // wrong value
  1305: unknownSql, // a function
  1317: interrupted,
  1364: { fault: 'refusedRow', message: 'the table has a further column that is not null and has no default' },
  1366: 'refusedRow', // wrong value for a column
  1370: 'denied', // to a routine, of a trigger
  1406: 'refusedRow', // too long
  1412: reread,
  1451: 'refusedRow', // a foreign key
  1452: 'refusedRow',
  1461: 'exhausted', // prepared statements
  1526: 'refusedRow', // no partition for the row
  1586: 'duplicate',
  1614: 'conflict', // XA deadlock
  1615: reread,
  1637: 'exhausted', // transactions
  1644: 'refusedRow', // SIGNAL of a trigger
  1665: {
    fault: 'misconfigured',
    message: 'binlog_format STATEMENT cannot record READ COMMITTED transactions; use ROW or MIXED',
  },
  1690: 'refusedRow', // out of range
  1698: 'denied',
  1712: 'damaged', // an index
  1792: 'readOnly', // a read-only transaction
  1812: 'damaged', // a tablespace is missing
  1820: 'denied', // the password must be changed
  1836: 'readOnly', // read-only mode
  1862: 'denied', // the password has expired
  1874: 'readOnly', // innodb_read_only
  1877: 'damaged',
  1878: 'full', // temporary file
  1927: 'starting', // MariaDB: connection was killed
  1932: 'damaged', // MariaDB: the table does not exist in the engine
  1969: 'late', // MariaDB: max_statement_time
  2002: 'unreachable', // a proxy that reaches no server
  2003: 'unreachable',
  2006: 'unreachable',
  2013: 'unreachable',
  2055: 'unreachable',
  3024: 'late', // max_execution_time
  3092: 'starting', // a member of a group that is not ready
  3100: { fault: 'unknown', message: 'a plugin of the server refused the transaction' },
  3101: 'conflict', // a certification that was lost in a group
  3118: 'denied', // the account is locked
  3141: 'refusedRow', // JSON
  3144: {
    fault: 'misconfigured',
    message: 'a column of the tables has another type than the DDL of the package gives it',
  },
  3159: noConnectionSetup, // TLS is required
  3168: 'starting',
  3169: 'starting', // the session was killed
  3666: 'refusedRow', // JSON_TABLE
  3669: 'refusedRow',
  3819: 'refusedRow', // CHECK
  3950: 'exhausted', // memory of the statement
  4025: 'refusedRow', // MariaDB: CHECK
  4031: 'unreachable', // the server ended an idle connection
  4078: 'refusedRow', // MariaDB: JSON_TABLE's types
  4151: 'denied', // MariaDB: the account is locked
  4174: 'refusedRow', // MariaDB: JSON_TABLE
  9001: 'unreachable', // ProxySQL: no server of the hostgroup
  9002: 'unreachable', // ProxySQL: shunned
}

/** The faults of mysql2's own codes. */
export const faultsByCode: Readonly<Record<string, FaultEntry>> = {
  AUTH_SWITCH_PLUGIN_ERROR: noConnectionSetup,
  HANDSHAKE_NO_SSL_SUPPORT: { fault: 'misconfigured', message: 'TLS is asked for, and the server has none' },
  HANDSHAKE_SSL_ERROR: { fault: 'unreachable', message: 'no TLS connection could be made' },
  HANDSHAKE_UNKNOWN_ERROR: 'unreachable',
  PROTOCOL_CONNECTION_LOST: 'unreachable',
  PROTOCOL_ERROR: 'unreachable',
  PROTOCOL_INCORRECT_PACKET_SEQUENCE: 'unreachable',
  PROTOCOL_PACKETS_OUT_OF_ORDER: 'unreachable',
  PROTOCOL_SEQUENCE_TIMEOUT: 'late',
  PROTOCOL_UNEXPECTED_PACKET: 'unreachable',
}

const poolClosed = /^Pool is closed/

/** The faults of mysql2's errors that have neither a number nor a code. */
const faultsByMessage: readonly (readonly [RegExp, FaultEntry])[] = [
  [poolClosed, { fault: 'unknown', message: 'the pool was closed by its owner' }],
  [
    /^Queue limit reached|^No connections available/,
    { fault: 'exhausted', message: 'the pool has no connection left' },
  ],
  [/closed state/, 'unreachable'],
]

const untrusted = /certificate|altname|issuer|self.signed/i

function find(error: Error): FaultEntry | undefined {
  const { errno, sqlState, code } = error as { errno?: unknown; sqlState?: unknown; code?: unknown }
  // Errors of the system have negative numbers.
  if (typeof errno === 'number' && errno > 0) {
    if (sqlState === '40003') return unsettled
    const known = faultsByNumber[errno]
    if (known !== undefined) return known
    if (typeof sqlState === 'string' && sqlState.startsWith('40')) return 'conflict'
    return { fault: 'unknown', message: `the server failed with its error ${errno}` }
  }
  // That of mysql2 itself, not of the system.
  if (code === 'ETIMEDOUT' && errno === undefined) return 'late'
  if (code === 'HANDSHAKE_SSL_ERROR' && untrusted.test(error.message)) return 'untrusted'
  return code === undefined ? faultsByMessage.find(([pattern]) => pattern.test(error.message))?.[1] : undefined
}

/** Messages begin with MySQL for both servers: it is the name of the protocol and of the driver. */
const errors = driverErrors({
  product: 'MySQL',
  faults: faultsByCode,
  find,
  heads: [
    'Aborted connection',
    'Access denied for user',
    "Can't connect to",
    "Can't create a new thread",
    'Connection lost: The server closed the connection.',
    'Connection was killed',
    'Deadlock found when trying to get lock; try restarting transaction',
    'Duplicate entry',
    'Got a packet bigger than',
    'Got error',
    'Host',
    'Lock wait timeout exceeded; try restarting transaction',
    'Lost connection to',
    'Max connect timeout reached while reaching hostgroup',
    'No connections available.',
    'Pool is closed.',
    'Query execution was interrupted',
    'Queue limit reached.',
    'Record has changed since last read',
    'Server does not support secure connection',
    'Server shutdown in progress',
    'The MariaDB server is running with the',
    'The MySQL server is running with the',
    'The client was disconnected by the server because of inactivity',
    'The table',
    'Too many connections',
    'Unknown database',
    'User',
    'WSREP has not yet prepared node for application use',
    'Plugin instructed the server to rollback the current transaction',
    'self-signed certificate',
    'unable to verify the first certificate',
  ],
})

export const { faultOf } = errors

/** Returns the `SessionError` for an error of mysql2, the server or the system; undefined for any other error. */
export function toSessionError(error: unknown): SessionError | undefined {
  const known = errors.toSessionError(error)
  if (known === undefined || !poolClosed.test((error as Error).message)) return known
  return new SessionError(known.code, known.message, { cause: known.cause, retryable: false })
}

/** Whether the connection of the error must not be used again. */
export function isConnectionDone(error: unknown): boolean {
  const fault = faultOf(error)
  return isConnectionLost(error) || fault === 'unreachable' || fault === 'starting' || fault === 'readOnly'
}

/** The errors of a connection that broke during a statement. */
const lostNumbers: ReadonlySet<unknown> = new Set([1158, 1159, 1160, 1161, 1184, 2006, 2013, 2055])

/** Whether the connection ended without an answer. Then the last statement may have taken effect or not. */
export function isConnectionLost(error: unknown): boolean {
  const { fatal, errno } = (error ?? {}) as { fatal?: unknown; errno?: unknown }
  if (fatal === true || lostNumbers.has(errno)) return true
  return faultOf(error) === 'unreachable' && !(typeof errno === 'number' && errno > 0)
}

/** Makes an error with a number and a name of the server, so that the same table of errors applies to it. */
export function mysqlError(errno: number, code: string, message: string): Error {
  return Object.assign(new Error(message), { errno, code })
}

/** Makes the error of a server that does not answer. */
export function silent(): Error {
  return mysqlError(3024, 'ER_QUERY_TIMEOUT', 'the server did not answer')
}
