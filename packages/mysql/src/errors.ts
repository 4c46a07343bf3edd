import { type DriverFault, driverError, type SessionError, type SessionErrorCode } from '@sess/core'

interface Meaning {
  readonly code: SessionErrorCode
  readonly message: string
  /** Left out: what the code implies. */
  readonly retryable?: boolean
  /** What it says about the call; left out: what the code implies. */
  readonly fault?: DriverFault
  /** True where the server's message may quote a value; then it is not passed on. */
  readonly quotesValues?: true
  /** True where the connection is of no more use. */
  readonly connectionDone?: true
}

const unreachable: Meaning = { code: 'SESS_UNAVAILABLE', message: 'the server cannot be reached', connectionDone: true }
const lost: Meaning = { code: 'SESS_UNAVAILABLE', message: 'the connection was lost', connectionDone: true }
const late: Meaning = { code: 'SESS_TIMEOUT', message: 'the server did not answer in time', connectionDone: true }
const exhausted: Meaning = { code: 'SESS_UNAVAILABLE', message: 'there is no connection to be had' }
const stopping: Meaning = { code: 'SESS_UNAVAILABLE', message: 'the server is shutting down', connectionDone: true }
const interrupted: Meaning = { code: 'SESS_UNAVAILABLE', message: 'the statement was interrupted' }
const readOnly: Meaning = { code: 'SESS_UNAVAILABLE', message: 'the server is read-only', connectionDone: true }
const conflict: Meaning = { code: 'SESS_UNAVAILABLE', message: 'other transactions were in the way', fault: 'conflict' }
const full: Meaning = { code: 'SESS_UNAVAILABLE', message: 'the disk or the table space is full' }
const overloaded: Meaning = { code: 'SESS_UNAVAILABLE', message: 'the server has reached one of its limits' }
const notReady: Meaning = { code: 'SESS_UNAVAILABLE', message: 'the server is not ready for statements' }
const denied: Meaning = { code: 'SESS_CONFIG', message: 'access is denied: the credentials, or a right that they lack' }
const noDatabase: Meaning = { code: 'SESS_CONFIG', message: 'there is no such database, or none is chosen' }
const noTable: Meaning = { code: 'SESS_CONFIG', message: 'a table or column is missing' }
const noConnectionSetup: Meaning = { code: 'SESS_CONFIG', message: 'the connection cannot be set up this way' }
const statement: Meaning = { code: 'SESS_CONFIG', message: 'the server does not know the SQL' }
const corrupt: Meaning = { code: 'SESS_CORRUPT', message: 'the table is damaged' }
const tooLarge: Meaning = {
  code: 'SESS_TOO_LARGE',
  message: 'the record is larger than the server takes',
  fault: 'refusedRow',
}
const refused: Meaning = {
  code: 'SESS_CONFIG',
  message: 'the table refuses the record',
  fault: 'refusedRow',
  quotesValues: true,
}

/** The `code` of an error of mysql2 or of the system, to what it means here. */
export const mysqlErrors: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ENOENT: unreachable,
  ETIMEDOUT: late,
  PROTOCOL_SEQUENCE_TIMEOUT: late,
  ECONNRESET: lost,
  ECONNABORTED: lost,
  EPIPE: lost,
  PROTOCOL_CONNECTION_LOST: lost,
  PROTOCOL_PACKETS_OUT_OF_ORDER: lost,
  ER_NET_READ_ERROR: lost,
  ER_NET_READ_INTERRUPTED: lost,
  ER_NET_ERROR_ON_WRITE: lost,
  ER_NET_WRITE_INTERRUPTED: lost,
  ER_CLIENT_INTERACTION_TIMEOUT: lost,
  ER_CON_COUNT_ERROR: exhausted,
  ER_TOO_MANY_USER_CONNECTIONS: exhausted,
  ER_USER_LIMIT_REACHED: exhausted,
  ER_SERVER_SHUTDOWN: stopping,
  ER_NORMAL_SHUTDOWN: stopping,
  ER_SHUTDOWN_COMPLETE: stopping,
  ER_FORCING_CLOSE: stopping,
  ER_SESSION_WAS_KILLED: stopping,
  ER_CONNECTION_KILLED: stopping,
  ER_QUERY_INTERRUPTED: interrupted,
  ER_QUERY_TIMEOUT: interrupted,
  ER_STATEMENT_TIMEOUT: interrupted,
  ER_OPTION_PREVENTS_STATEMENT: readOnly,
  ER_READ_ONLY_MODE: readOnly,
  ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: readOnly,
  ER_LOCK_DEADLOCK: conflict,
  ER_LOCK_WAIT_TIMEOUT: conflict,
  ER_CHECKREAD: conflict,
  ER_XA_RBDEADLOCK: conflict,
  ER_RECORD_FILE_FULL: full,
  ER_DISK_FULL: full,
  ER_TEMP_FILE_WRITE_FAILURE: full,
  ER_ENGINE_OUT_OF_MEMORY: overloaded,
  ER_OUTOFMEMORY: overloaded,
  ER_OUT_OF_RESOURCES: overloaded,
  ER_LOCK_TABLE_FULL: overloaded,
  ER_MAX_PREPARED_STMT_COUNT_REACHED: overloaded,
  ER_TOO_MANY_CONCURRENT_TRXS: overloaded,
  ER_UNKNOWN_COM_ERROR: notReady,
  ER_UNKNOWN_STMT_HANDLER: notReady,
  ER_NEED_REPREPARE: notReady,
  ER_TABLE_DEF_CHANGED: notReady,
  ER_ACCESS_DENIED_ERROR: denied,
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: denied,
  ER_DBACCESS_DENIED_ERROR: denied,
  ER_TABLEACCESS_DENIED_ERROR: denied,
  ER_COLUMNACCESS_DENIED_ERROR: denied,
  ER_SPECIFIC_ACCESS_DENIED_ERROR: denied,
  ER_HOST_NOT_PRIVILEGED: denied,
  ER_ACCOUNT_HAS_BEEN_LOCKED: denied,
  ER_MUST_CHANGE_PASSWORD: denied,
  ER_MUST_CHANGE_PASSWORD_LOGIN: denied,
  ER_BAD_DB_ERROR: noDatabase,
  ER_NO_DB_ERROR: noDatabase,
  ER_NO_SUCH_TABLE: noTable,
  ER_BAD_TABLE_ERROR: noTable,
  ER_BAD_FIELD_ERROR: noTable,
  ER_NON_UPDATABLE_TABLE: noTable,
  ER_NOT_SUPPORTED_AUTH_MODE: noConnectionSetup,
  ER_SECURE_TRANSPORT_REQUIRED: noConnectionSetup,
  HANDSHAKE_NO_SSL_SUPPORT: noConnectionSetup,
  HANDSHAKE_SSL_ERROR: noConnectionSetup,
  AUTH_SWITCH_PLUGIN_ERROR: noConnectionSetup,
  ER_HOST_IS_BLOCKED: { code: 'SESS_UNAVAILABLE', message: 'the server blocks this host', retryable: false },
  ER_PARSE_ERROR: statement,
  ER_NOT_SUPPORTED_YET: statement,
  ER_SP_DOES_NOT_EXIST: statement,
  ER_BINLOG_STMT_MODE_AND_ROW_ENGINE: {
    code: 'SESS_CONFIG',
    message: 'binlog_format STATEMENT cannot record READ COMMITTED transactions; use ROW or MIXED',
  },
  ER_CRASHED_ON_USAGE: corrupt,
  ER_NOT_KEYFILE: corrupt,
  ER_NET_PACKET_TOO_LARGE: tooLarge,
  ER_TOO_BIG_ROWSIZE: tooLarge,
  ER_DUP_ENTRY: { ...refused, fault: 'duplicate' },
  ER_DATA_TOO_LONG: refused,
  ER_WARN_DATA_OUT_OF_RANGE: refused,
  ER_TRUNCATED_WRONG_VALUE: refused,
  ER_TRUNCATED_WRONG_VALUE_FOR_FIELD: refused,
  ER_BAD_NULL_ERROR: refused,
  ER_INVALID_JSON_TEXT_IN_PARAM: refused,
  ER_JT_VALUE_OUT_OF_RANGE: refused,
  ER_WRONG_JSON_TABLE_VALUE: refused,
  ER_CHECK_CONSTRAINT_VIOLATED: refused,
  ER_CONSTRAINT_FAILED: refused,
  ER_SIGNAL_EXCEPTION: refused,
}

/** Errors of mysql2 itself have no code. */
const ownErrors: readonly (readonly [RegExp, Meaning])[] = [
  [/^Pool is closed/, { code: 'SESS_UNAVAILABLE', message: 'the pool was closed by its owner', retryable: false }],
  [/^Queue limit reached|^No connections available/, exhausted],
  [/closed state/, lost],
]

/** MariaDB's numbers that have other names in MySQL, which mysql2 goes by. */
const mariadbCodes: Readonly<Record<number, string>> = {
  1927: 'ER_CONNECTION_KILLED',
  1969: 'ER_STATEMENT_TIMEOUT',
  4025: 'ER_CONSTRAINT_FAILED',
  4031: 'ER_CLIENT_INTERACTION_TIMEOUT',
}

/** The `SessionError` for an error of mysql2, of the server or of the system; undefined for one that is neither. */
export function toSessionError(error: unknown): SessionError | undefined {
  const meaning = meaningOf(error)
  return (
    meaning &&
    driverError('MySQL', { fault: faultOfMeaning(meaning), message: meaning.message }, tellable(error, meaning))
  )
}

export function faultOf(error: unknown): DriverFault | undefined {
  const meaning = meaningOf(error)
  return meaning && faultOfMeaning(meaning)
}

/** True where the connection on which it happened must not be used again. */
export function isConnectionDone(error: unknown): boolean {
  return (error as { fatal?: unknown } | null)?.fatal === true || meaningOf(error)?.connectionDone === true
}

/** An error of this package's own in the server's words, so that the one table has it. */
export function mysqlError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

const unknown: Meaning = {
  code: 'SESS_UNAVAILABLE',
  message: 'the statement failed',
  retryable: false,
  quotesValues: true,
}

function faultOfMeaning({ fault, code }: Meaning): DriverFault {
  return fault ?? faultOfCode[code] ?? 'unknown'
}

const faultOfCode: Partial<Record<SessionErrorCode, DriverFault>> = {
  SESS_CONFIG: 'misconfigured',
  SESS_CORRUPT: 'damaged',
  SESS_TIMEOUT: 'late',
  SESS_TOO_LARGE: 'tooLarge',
}

function meaningOf(error: unknown): Meaning | undefined {
  const code = codeOf(error)
  if (code !== undefined) return mysqlErrors[code] ?? unknown
  return error instanceof Error ? ownErrors.find(([pattern]) => pattern.test(error.message))?.[1] : undefined
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, errno } = error as { code?: unknown; errno?: unknown }
  const known = typeof code === 'string' && /^(ER_|E[A-Z_]+$|PROTOCOL_|HANDSHAKE_|AUTH_|UNKNOWN_CODE)/.test(code)
  if (!known) return undefined
  return (typeof errno === 'number' ? mariadbCodes[errno] : undefined) ?? code
}

/** A duplicate key's message quotes the key, a wrong value's the value, and the stack repeats the message. */
function tellable(error: unknown, { quotesValues }: Meaning): unknown {
  if (!quotesValues) return error
  const { code, errno } = error as { code?: unknown; errno?: unknown }
  return Object.assign(new Error(`${code} (${errno}); the server's message is withheld, as it may quote values`), {
    code,
  })
}
