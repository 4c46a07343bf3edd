import { SessionError, type SessionErrorCode } from '../contract/errors.ts'

interface FaultMeaning {
  readonly code: SessionErrorCode
  /** The sentence that follows the product's name. */
  readonly message: string
}

/** Every fault of a driver or its server, with the error that a caller gets. One cause has the same code on every backend. */
const meanings = {
  unreachable: { code: 'SESS_UNAVAILABLE', message: 'the server cannot be reached' },
  starting: { code: 'SESS_UNAVAILABLE', message: 'the server is starting, stopping or failing over' },
  exhausted: { code: 'SESS_UNAVAILABLE', message: 'the server has run out of a resource' },
  full: { code: 'SESS_UNAVAILABLE', message: 'the server has no room left' },
  readOnly: { code: 'SESS_UNAVAILABLE', message: 'the server takes no writes: it is a replica or read-only' },
  conflict: { code: 'SESS_UNAVAILABLE', message: 'the write lost to other transactions again and again' },
  late: { code: 'SESS_TIMEOUT', message: 'the server gave up waiting' },
  denied: { code: 'SESS_CONFIG', message: 'the server refuses the user, the password or a right' },
  untrusted: { code: 'SESS_CONFIG', message: "the server's certificate is not trusted" },
  missingSchema: { code: 'SESS_CONFIG', message: 'a table, a column or the schema is missing' },
  misconfigured: { code: 'SESS_CONFIG', message: 'the server is not set up for what the store needs' },
  refusedRow: { code: 'SESS_CONFIG', message: 'the table refuses the record' },
  duplicate: { code: 'SESS_CONFIG', message: 'the table refuses the record: its key is taken' },
  tooLarge: { code: 'SESS_TOO_LARGE', message: 'the record is larger than the server takes' },
  damaged: { code: 'SESS_CORRUPT', message: 'what is stored is damaged' },
  unknown: { code: 'SESS_UNAVAILABLE', message: 'the server failed for an unknown reason' },
} as const satisfies Record<string, FaultMeaning>

/**
 * The vocabulary of driver faults. `unreachable`, `starting`, `exhausted`, `full`, `readOnly`, `conflict` and `unknown` are
 * `SESS_UNAVAILABLE`, `late` is `SESS_TIMEOUT`, and these can be tried again. `denied`, `untrusted`, `missingSchema`,
 * `misconfigured`, `refusedRow` and `duplicate` are `SESS_CONFIG`, `tooLarge` is `SESS_TOO_LARGE`, `damaged` is `SESS_CORRUPT`.
 */
export type DriverFault = keyof typeof meanings

/** A fault, optionally with a sentence that says more than the usual one. */
export type FaultEntry = DriverFault | { readonly fault: DriverFault; readonly message: string }

export interface DriverErrorRules {
  /** Every message begins with this name, e.g. `'PostgreSQL'`. */
  readonly product: string
  /** Maps the `code` of a driver or server error to a fault. Codes of the system and of TLS need no entry. */
  readonly faults: Readonly<Record<string, FaultEntry>>
  /**
   * Finds the fault of an error that its code does not tell; undefined for an error that is not the driver's. It is called
   * before `faults` is read.
   */
  readonly find?: (error: Error) => FaultEntry | undefined
  /**
   * Beginnings of driver and server messages that can hold no key, id, token or data. If an error's message begins with one
   * of them, the cause keeps that beginning. The rest of the message is dropped.
   */
  readonly heads: readonly string[]
}

/** Translates the errors of a backend's driver. */
export interface DriverErrors {
  /** Returns the fault of an error; undefined for an error that is not the driver's. */
  faultOf(error: unknown): DriverFault | undefined
  /** Returns the `SessionError` for an error of the driver; undefined for any other error. */
  toSessionError(error: unknown): SessionError | undefined
}

/** Builds the translation of a driver's errors from its rules. */
export function driverErrors({ product, faults, find, heads }: DriverErrorRules): DriverErrors {
  const entryOf = (error: unknown): FaultEntry | undefined => {
    if (!(error instanceof Error)) return undefined
    const code = codeOf(error)
    const known = find?.(error)
    if (known !== undefined || code === undefined) return known
    return Object.hasOwn(faults, code) ? faults[code] : systemFaultOf(code)
  }
  return {
    faultOf(error) {
      const entry = entryOf(error)
      return typeof entry === 'object' ? entry.fault : entry
    },
    toSessionError(error) {
      const entry = entryOf(error)
      return entry === undefined ? undefined : driverError(product, entry, error, heads)
    },
  }
}

/**
 * Makes the `SessionError` of a fault. Its cause keeps the driver error's name, code and stack frames. The cause keeps only
 * the part of the message that can hold no value: drivers attach commands and parameters, and servers quote the values that
 * they refuse.
 */
export function driverError(
  product: string,
  entry: FaultEntry,
  error: unknown,
  heads: readonly string[] = [],
): SessionError {
  const { code, message } =
    typeof entry === 'string' ? meanings[entry] : { ...meanings[entry.fault], message: entry.message }
  return new SessionError(code, `${product}: ${message}`, { cause: bare(error, heads) })
}

/** For an error that the backend does not know: its name and code, which are what its author would tell it by. */
export function unknownDriverError(product: string, error: unknown): SessionError {
  const cause = bare(error, [])
  const { name, code } = cause as Error & { code?: string | number }
  const called = code === undefined ? name : `${name} ${code}`
  return new SessionError('SESS_UNAVAILABLE', `${product}: ${meanings.unknown.message} (${called})`, { cause })
}

const unreachableCodes = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOENT', // the path of a Unix socket
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])
const exhaustedCodes = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])

/** The names that Node gives the failures of OpenSSL's verification. */
const untrustedCode =
  /^(CERT_|CRL_|UNABLE_TO_|ERR_TLS_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|INVALID_CA$|INVALID_PURPOSE$|HOSTNAME_MISMATCH$|PATH_LENGTH_EXCEEDED$)/

/** Returns the fault for a code of the system or of TLS. Every driver passes these codes on. */
function systemFaultOf(code: string): DriverFault | undefined {
  if (unreachableCodes.has(code)) return 'unreachable'
  if (exhaustedCodes.has(code)) return 'exhausted'
  return untrustedCode.test(code) ? 'untrusted' : undefined
}

function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' || typeof code === 'number' ? String(code) : undefined
}

const plainName = /^\w{1,64}$/

function bare(error: unknown, heads: readonly string[]): Error {
  if (!(error instanceof Error)) return new Error('the driver threw something that is not an Error')
  const message = safeMessage(error, heads)
  const code = codeOf(error)
  const cause = new Error(message)
  if (plainName.test(error.name)) cause.name = error.name
  if (code !== undefined && plainName.test(code)) Object.assign(cause, { code: (error as { code?: unknown }).code })
  const frames = error.stack?.match(/^ {4}at .*$/gm) ?? []
  const stack = [`${cause.name}: ${message}`, ...frames].join('\n')
  Object.defineProperty(cause, 'stack', { value: stack, configurable: true, writable: true })
  return cause
}

function safeMessage(error: Error, heads: readonly string[]): string {
  // Node tries each address of a host name, and throws one AggregateError without a message.
  const [first] = (error as Partial<AggregateError>).errors ?? []
  if (first instanceof Error) return safeMessage(first, heads)
  const { syscall, address, port } = error as { syscall?: unknown; address?: unknown; port?: unknown }
  const code = codeOf(error)
  if (typeof syscall === 'string' && code !== undefined && systemFaultOf(code) !== undefined) {
    const host = typeof address === 'string' ? ` ${address}${typeof port === 'number' ? `:${port}` : ''}` : ''
    return `${syscall.split(' ', 1)[0]} ${code}${host}`
  }
  const known = heads.filter((head) => error.message.startsWith(head)).sort((a, b) => b.length - a.length)
  return known[0] ?? 'the message is left out, because it may quote a value'
}
