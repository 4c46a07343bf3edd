/** Every code a {@link SessionError} can carry. Codes never change within a major; messages may. */
export type SessionErrorCode =
  | 'SESS_GONE'
  | 'SESS_CONFLICT'
  | 'SESS_COLLISION'
  | 'SESS_NOT_SERIALIZABLE'
  | 'SESS_TOO_LARGE'
  | 'SESS_UNAVAILABLE'
  | 'SESS_TIMEOUT'
  | 'SESS_CORRUPT'
  | 'SESS_CLOSED'
  | 'SESS_UNSUPPORTED'
  | 'SESS_INVALID_DATA'
  | 'SESS_CONFIG'
  | 'SESS_UNKNOWN_STORE'
  | 'SESS_DUPLICATE_STORE'

/** True where the same call may succeed later, unchanged. */
const retryableByCode: Readonly<Record<SessionErrorCode, boolean>> = {
  SESS_GONE: false,
  SESS_CONFLICT: true,
  SESS_COLLISION: false,
  SESS_NOT_SERIALIZABLE: false,
  SESS_TOO_LARGE: false,
  SESS_UNAVAILABLE: true,
  SESS_TIMEOUT: true,
  SESS_CORRUPT: false,
  SESS_CLOSED: false,
  SESS_UNSUPPORTED: false,
  SESS_INVALID_DATA: false,
  SESS_CONFIG: false,
  SESS_UNKNOWN_STORE: false,
  SESS_DUPLICATE_STORE: false,
}

const brand = Symbol.for('sess.error')

/** The error of every store. Recognise it by `code` or {@link isSessionError}: two copies of this package may be loaded. */
export class SessionError extends Error {
  readonly code: SessionErrorCode
  /** True where the same call may succeed later: an outage, a time-out, a conflict. */
  readonly retryable: boolean
  /** For `SESS_GONE`, where the store can tell: the session is absent, or it has expired. */
  readonly reason?: 'absent' | 'expired'

  /** `retryable` defaults to what the code implies. `message` must not hold an id, token, data or credential. */
  constructor(
    code: SessionErrorCode,
    message: string,
    options: { cause?: unknown; retryable?: boolean; reason?: 'absent' | 'expired' | undefined } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'SessionError'
    this.code = code
    this.retryable = options.retryable ?? retryableByCode[code]
    if (options.reason !== undefined) this.reason = options.reason
    Object.defineProperty(this, brand, { value: true })
  }
}

/** True for a `SessionError` of any copy of this package; with `code`, for one with that code. */
export function isSessionError(error: unknown, code?: SessionErrorCode): error is SessionError {
  return (
    typeof error === 'object' &&
    error !== null &&
    (error as { [brand]?: unknown })[brand] === true &&
    (code === undefined || (error as SessionError).code === code)
  )
}

/**
 * Makes the `TypeError` for an argument of a wrong type, or with an impossible value. It has Node's own code, like the
 * errors of Node's functions. The message says `<name> must be <what>`.
 */
export function invalidArgument(message: string, wrong: 'type' | 'value' = 'value'): TypeError {
  return Object.assign(new TypeError(message), { code: argumentCodes[wrong] })
}

/** True for an error that {@link invalidArgument} made. */
export function isInvalidArgument(error: unknown): error is TypeError {
  const { code } = error as { code?: unknown }
  return error instanceof TypeError && (code === argumentCodes.type || code === argumentCodes.value)
}

const argumentCodes = { type: 'ERR_INVALID_ARG_TYPE', value: 'ERR_INVALID_ARG_VALUE' } as const
