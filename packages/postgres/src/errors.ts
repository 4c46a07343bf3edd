import { type DriverFault, driverError, type SessionError, type SessionErrorCode } from '@sess/core'

interface Meaning {
  readonly code: SessionErrorCode
  readonly message: string
  readonly retryable?: boolean
  /** What it says about the call; left out: what the code implies. */
  readonly fault?: DriverFault
  /** True where the server's message may quote a value: it is not passed on. */
  readonly quotes?: boolean
}

const unreachable: Meaning = { code: 'SESS_UNAVAILABLE', message: 'the server cannot be reached' }
const starting: Meaning = { code: 'SESS_UNAVAILABLE', message: 'the server is starting, stopping or failing over' }
const exhausted: Meaning = { code: 'SESS_UNAVAILABLE', message: 'the server has run out of a resource' }
const lost: Meaning = {
  code: 'SESS_UNAVAILABLE',
  message: 'lost to other transactions again and again',
  fault: 'conflict',
}
const late: Meaning = { code: 'SESS_TIMEOUT', message: 'the server gave up waiting' }
const refused: Meaning = {
  code: 'SESS_CONFIG',
  message: 'the table refuses the record',
  fault: 'refusedRow',
  quotes: true,
}
const login: Meaning = { code: 'SESS_CONFIG', message: 'the server refuses the user or the password' }
const missing: Meaning = {
  code: 'SESS_CONFIG',
  message:
    'a table, a column or the schema is missing; run the DDL that the package prints, or open with migrate: true',
}
const pooled: Meaning = {
  code: 'SESS_CONFIG',
  message:
    'prepared statements do not outlive a transaction here, as behind PgBouncer; open the store with prepare: false',
}
const statement: Meaning = { code: 'SESS_CONFIG', message: 'the server does not accept the statement' }
const certificate: Meaning = { code: 'SESS_CONFIG', message: "the server's certificate is not trusted" }
const damaged: Meaning = { code: 'SESS_CORRUPT', message: 'the database is damaged' }
const unknown: Meaning = {
  code: 'SESS_UNAVAILABLE',
  message: 'the statement failed',
  retryable: false,
  quotes: true,
}

/** SQLSTATE, or its first two characters for the rest of a class; and the codes of postgres.js and of the system. */
export const postgresErrors: Readonly<Record<string, Meaning>> = {
  '08': unreachable,
  '22': refused,
  '23': refused,
  '23505': { ...refused, fault: 'duplicate' },
  '25006': { code: 'SESS_UNAVAILABLE', message: 'the server is a read-only standby' },
  '25P03': late,
  '25P04': late,
  '26000': pooled,
  '28': login,
  '3D000': { code: 'SESS_CONFIG', message: 'the database does not exist' },
  '3F000': missing,
  '40': lost,
  '42': statement,
  '42501': { code: 'SESS_CONFIG', message: 'the role lacks a right on the tables or the schema' },
  '42703': missing,
  '42P01': missing,
  '42P05': pooled,
  '53': exhausted,
  '53100': { code: 'SESS_UNAVAILABLE', message: "the server's disk is full" },
  '53300': { code: 'SESS_UNAVAILABLE', message: 'the server has too many connections' },
  '54': {
    code: 'SESS_TOO_LARGE',
    message: 'the record is larger than the server takes',
    fault: 'refusedRow',
    quotes: true,
  },
  '55P03': late,
  '57': starting,
  '57014': late,
  '58': exhausted,
  XX001: damaged,
  XX002: damaged,

  CONNECT_TIMEOUT: { code: 'SESS_TIMEOUT', message: 'no connection to the server in time' },
  CONNECTION_CLOSED: unreachable,
  CONNECTION_DESTROYED: unreachable,
  CONNECTION_ENDED: {
    code: 'SESS_UNAVAILABLE',
    message: 'the client handed in was ended by its owner',
    retryable: false,
  },
  SASL_SIGNATURE_MISMATCH: login,

  EAI_AGAIN: unreachable,
  ECONNABORTED: unreachable,
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  EHOSTDOWN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETDOWN: unreachable,
  ENETUNREACH: unreachable,
  ENOENT: unreachable,
  ENOTFOUND: unreachable,
  EPIPE: unreachable,
  ETIMEDOUT: unreachable,

  CERT_HAS_EXPIRED: certificate,
  DEPTH_ZERO_SELF_SIGNED_CERT: certificate,
  ERR_TLS_CERT_ALTNAME_INVALID: certificate,
  SELF_SIGNED_CERT_IN_CHAIN: certificate,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: certificate,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: certificate,
}

/** The `SessionError` for an error of postgres.js, of the server or of the system; undefined for any other. */
export function toSessionError(error: unknown): SessionError | undefined {
  const meaning = meaningOf(error)
  if (meaning === undefined) return undefined
  const { message, quotes } = meaning
  const entry = { fault: faultOfMeaning(meaning), message }
  return driverError('PostgreSQL', entry, quotes ? withoutMessage(error) : error)
}

export function faultOf(error: unknown): DriverFault | undefined {
  const meaning = meaningOf(error)
  return meaning && faultOfMeaning(meaning)
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
  if (!(error instanceof Error)) return undefined
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string') return undefined
  const isOfServer = error.name === 'PostgresError'
  return postgresErrors[code] ?? (isOfServer ? (postgresErrors[code.slice(0, 2)] ?? unknown) : undefined)
}

function withoutMessage(error: unknown): Error {
  const { name, code } = error as { name: string; code: string }
  return Object.assign(new Error(`SQLSTATE ${code}; its message is left out, as it may quote a value`), { name, code })
}
