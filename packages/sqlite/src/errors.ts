import { type DriverFault, driverError, type SessionError, type SessionErrorCode } from '@sess/core'

interface Meaning {
  readonly code: SessionErrorCode
  readonly message: string
  readonly retryable?: boolean
  /** What it says about the call; left out: what the code implies. */
  readonly fault?: DriverFault
}

const busy: Meaning = { code: 'SESS_UNAVAILABLE', message: 'the database is locked by another connection' }
const corrupt: Meaning = { code: 'SESS_CORRUPT', message: 'the file is damaged, or no SQLite database' }
const failing: Meaning = { code: 'SESS_UNAVAILABLE', message: 'the database file cannot be read or written' }
const refused: Meaning = { code: 'SESS_CONFIG', message: 'the table refuses the record', fault: 'refusedRow' }

/** SQLite's result code, extended or primary, to what it means here. An extended one that is missing means its primary one. */
export const sqliteErrors: Readonly<Record<string, Meaning>> = {
  SQLITE_BUSY: busy,
  SQLITE_LOCKED: busy,
  SQLITE_PROTOCOL: busy,
  SQLITE_CORRUPT: corrupt,
  SQLITE_NOTADB: corrupt,
  SQLITE_FORMAT: corrupt,
  SQLITE_FULL: { code: 'SESS_UNAVAILABLE', message: 'the disk is full, or the database has reached its size limit' },
  SQLITE_IOERR: failing,
  SQLITE_NOMEM: { code: 'SESS_UNAVAILABLE', message: 'SQLite is out of memory' },
  SQLITE_INTERRUPT: { code: 'SESS_UNAVAILABLE', message: 'the statement was interrupted' },
  SQLITE_SCHEMA: { code: 'SESS_UNAVAILABLE', message: 'the schema changed while the statement ran' },
  SQLITE_ABORT: { code: 'SESS_UNAVAILABLE', message: 'the transaction was rolled back' },
  SQLITE_CANTOPEN: { code: 'SESS_CONFIG', message: 'the database file cannot be opened' },
  SQLITE_READONLY: { code: 'SESS_CONFIG', message: 'the database cannot be written' },
  SQLITE_READONLY_DBMOVED: {
    code: 'SESS_UNAVAILABLE',
    message: 'the database file was moved or deleted',
    retryable: false,
  },
  SQLITE_PERM: { code: 'SESS_CONFIG', message: 'access to the database is denied' },
  SQLITE_AUTH: { code: 'SESS_CONFIG', message: 'access to the database is denied' },
  SQLITE_NOLFS: { code: 'SESS_CONFIG', message: 'the file system has no large files' },
  SQLITE_ERROR: { code: 'SESS_CONFIG', message: 'the database has no such table or column, or does not know the SQL' },
  SQLITE_CONSTRAINT: refused,
  SQLITE_CONSTRAINT_PRIMARYKEY: { ...refused, fault: 'duplicate' },
  SQLITE_CONSTRAINT_UNIQUE: { ...refused, fault: 'duplicate' },
  SQLITE_MISMATCH: refused,
  SQLITE_TOOBIG: { code: 'SESS_TOO_LARGE', message: 'the record is larger than SQLite takes', fault: 'refusedRow' },
}

/** The errors that better-sqlite3 throws itself come as a TypeError without a code. */
const ownErrors: readonly (readonly [RegExp, Meaning])[] = [
  [/directory does not exist/, { code: 'SESS_CONFIG', message: 'the directory of the database file does not exist' }],
  [/busy executing a query/, { ...busy, message: 'the database handed in is executing a query of its owner' }],
  [
    /connection is not open/,
    { code: 'SESS_UNAVAILABLE', message: 'the database handed in was closed by its owner', retryable: false },
  ],
]

/** The `SessionError` for an error of better-sqlite3, with the file that it is about; undefined for one that is not. */
export function toSessionError(error: unknown, file?: string): SessionError | undefined {
  const meaning = meaningOf(error)
  const about = file === undefined ? '' : ` (${file})`
  return (
    meaning && driverError('SQLite', { fault: faultOfMeaning(meaning), message: `${meaning.message}${about}` }, error)
  )
}

export function faultOf(error: unknown): DriverFault | undefined {
  const meaning = meaningOf(error)
  return meaning && faultOfMeaning(meaning)
}

/** True for an error that a row is to blame for, and not the statement or the file. */
export function isOfOneRow(error: unknown): boolean {
  const fault = faultOf(error)
  return fault === 'refusedRow' || fault === 'duplicate' || fault === 'tooLarge'
}

/** True where another connection, or the owner of this one, is in the way, and will not be for long. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error)
  return code === undefined
    ? /busy executing a query/.test(messageOf(error))
    : /^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)
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
  if (code === undefined) return ownErrors.find(([pattern]) => pattern.test(messageOf(error)))?.[1]
  return (
    sqliteErrors[code] ??
    sqliteErrors[code.split('_', 2).join('_')] ?? {
      code: 'SESS_UNAVAILABLE',
      message: 'the statement failed',
      retryable: false,
    }
  )
}

/** By its code, as the driver may be loaded twice. */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined
}

function messageOf(error: unknown): string {
  return error instanceof TypeError ? error.message : ''
}
