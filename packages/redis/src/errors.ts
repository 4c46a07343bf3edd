import { type DriverFault, driverError, type SessionError, type SessionErrorCode } from '@sess/core'

interface Meaning {
  readonly code: SessionErrorCode
  readonly message: string
  /** Left out: what the code implies. */
  readonly retryable?: boolean
}

const unreachable: Meaning = { code: 'SESS_UNAVAILABLE', message: 'Redis cannot be reached' }
const busy: Meaning = { code: 'SESS_UNAVAILABLE', message: 'Redis cannot take this command now' }
const refused: Meaning = {
  code: 'SESS_UNAVAILABLE',
  message: 'Redis refused the credentials, or they lack a right',
  retryable: false,
}
const foreign: Meaning = { code: 'SESS_CORRUPT', message: 'what is stored under this key was not written by sess' }
const late: Meaning = { code: 'SESS_TIMEOUT', message: 'Redis did not answer in time' }
const setUp: Meaning = { code: 'SESS_CONFIG', message: 'Redis does not work with this configuration' }

/** By the system's error code, or the word with which a reply of the server begins. */
const byCode: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  ECONNABORTED: unreachable,
  EPIPE: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ETIMEDOUT: unreachable,
  ENOENT: unreachable,
  LOADING: busy,
  READONLY: busy,
  MASTERDOWN: busy,
  CLUSTERDOWN: busy,
  TRYAGAIN: busy,
  MOVED: busy,
  ASK: busy,
  BUSY: busy,
  OOM: busy,
  MISCONF: busy,
  NOREPLICAS: busy,
  UNKILLABLE: busy,
  NOAUTH: refused,
  WRONGPASS: refused,
  NOPERM: refused,
  WRONGTYPE: foreign,
  CORRUPT: foreign,
  CROSSSLOT: setUp,
}

/** By a part of the message, where there is no code: ioredis's own errors, and replies that only say ERR. */
const byText: readonly (readonly [string, Meaning])[] = [
  ['Connection is closed', unreachable],
  ["Stream isn't writeable", unreachable],
  ['max retries per request', unreachable],
  ['Socket timeout', unreachable],
  ['Command aborted due to connection close', unreachable],
  ['Connection is discarded', unreachable],
  ['Connection is aborted', unreachable],
  ['All sentinels are unreachable', unreachable],
  ['None of startup nodes is available', unreachable],
  ['Failed to refresh slots cache', unreachable],
  ["Cluster isn't ready", unreachable],
  ['Cluster is ended', unreachable],
  ['Cluster is disconnect', unreachable],
  ['Too many Cluster redirections', busy],
  ['non local key', busy],
  ['max number of clients', busy],
  ['Command timed out', late],
  ['without any password configured', refused],
  ['user executing the script', refused],
  ['certificate', { ...unreachable, retryable: false }],
  ['DB index is out of range', setUp],
  ['SELECT is not allowed in cluster mode', setUp],
  ['subscriber mode', setUp],
  ['monitoring mode', setUp],
]

/** The `SessionError` for an error of ioredis, of the server or of the system; undefined for one that is in no table. */
export function toSessionError(error: unknown): SessionError | undefined {
  if (!(error instanceof Error)) return undefined
  const meaning = meaningOf(error)
  if (meaning === undefined) return undefined
  const { code, message, retryable = true } = meaning
  const found = driverError('Redis', { fault: faults[code] ?? 'unknown', message }, error, [error.message])
  return Object.assign(found, { retryable: retryable && found.retryable })
}

const faults: Partial<Record<SessionErrorCode, DriverFault>> = {
  SESS_CORRUPT: 'damaged',
  SESS_TIMEOUT: 'late',
  SESS_CONFIG: 'misconfigured',
}

/** An error that a script reported for one of its writes. */
export function replyError(reply: string): Error {
  return Object.assign(new Error(reply), { name: 'ReplyError' })
}

function meaningOf(error: Error): Meaning | undefined {
  const { code, lastNodeError } = error as { code?: unknown; lastNodeError?: unknown }
  // Of a Cluster no node can be asked: why not is in the error of the last one, e.g. a wrong password.
  if (lastNodeError instanceof Error) return meaningOf(lastNodeError) ?? unreachable
  // A name that can't be looked up may come with several addresses, each with an error of its own.
  const word = typeof code === 'string' ? code : /^-?([A-Z]+)\b/.exec(error.message)?.[1]
  return (word !== undefined ? byCode[word] : undefined) ?? byText.find(([part]) => error.message.includes(part))?.[1]
}
