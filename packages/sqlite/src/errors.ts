import { type DriverFault, driverError, driverErrors, type FaultEntry, type SessionError } from '@sess/core'

const busy: FaultEntry = { fault: 'unreachable', message: 'the database is locked by another connection' }
const damaged: FaultEntry = { fault: 'damaged', message: 'the file is damaged, or no SQLite database' }
const denied: FaultEntry = { fault: 'denied', message: 'access to the database is denied' }

/** The fault of each result code of SQLite. An extended code that is missing has the fault of its primary code. */
export const sqliteErrors: Readonly<Record<string, FaultEntry>> = {
  SQLITE_BUSY: busy,
  SQLITE_LOCKED: busy,
  SQLITE_PROTOCOL: busy,
  SQLITE_CORRUPT: damaged,
  SQLITE_NOTADB: damaged,
  SQLITE_FORMAT: damaged,
  SQLITE_FULL: { fault: 'full', message: 'the disk is full, or the database has reached its size limit' },
  SQLITE_IOERR: { fault: 'unreachable', message: 'the database file cannot be read or written' },
  SQLITE_NOMEM: { fault: 'exhausted', message: 'SQLite is out of memory' },
  SQLITE_INTERRUPT: { fault: 'unknown', message: 'the statement was interrupted' },
  SQLITE_SCHEMA: { fault: 'unknown', message: 'the schema changed while the statement ran' },
  SQLITE_ABORT: { fault: 'unknown', message: 'the transaction was rolled back' },
  SQLITE_CANTOPEN: { fault: 'misconfigured', message: 'the database file cannot be opened' },
  SQLITE_READONLY: { fault: 'misconfigured', message: 'the database cannot be written' },
  SQLITE_READONLY_DBMOVED: { fault: 'unreachable', message: 'the database file was moved, deleted or replaced' },
  SQLITE_PERM: denied,
  SQLITE_AUTH: denied,
  SQLITE_NOLFS: { fault: 'misconfigured', message: 'the file system has no large files' },
  SQLITE_ERROR: {
    fault: 'missingSchema',
    message: 'the database has no such table or column, or does not know the SQL',
  },
  SQLITE_CONSTRAINT: 'refusedRow',
  SQLITE_CONSTRAINT_PRIMARYKEY: 'duplicate',
  SQLITE_CONSTRAINT_UNIQUE: 'duplicate',
  SQLITE_MISMATCH: 'refusedRow',
  SQLITE_TOOBIG: { fault: 'tooLarge', message: 'the record is larger than SQLite takes' },
}

const ownerQueries = 'This database connection is busy executing a query'

/** The errors that better-sqlite3 throws itself come as a TypeError without a code. */
const ownErrors: readonly (readonly [head: string, FaultEntry])[] = [
  [
    'Cannot open database because the directory does not exist',
    { fault: 'misconfigured', message: 'the directory of the database file does not exist' },
  ],
  [ownerQueries, { fault: 'unreachable', message: 'the database handed in is executing a query of its owner' }],
  [
    'The database connection is not open',
    { fault: 'unreachable', message: 'the database handed in was closed by its owner' },
  ],
]

/** The messages of SQLite itself. A trigger of the application may say anything, even quote a record. */
const heads = [
  ...ownErrors.map(([head]) => head),
  'access permission denied',
  'attempt to write a readonly database',
  'authorization denied',
  'bad parameter or other API misuse',
  'CHECK constraint failed',
  'column index out of range',
  'constraint failed',
  'database disk image is malformed',
  'database is locked',
  'database or disk is full',
  'database schema has changed',
  'database schema is locked',
  'database table is locked',
  'datatype mismatch',
  'disk I/O error',
  'file is not a database',
  'FOREIGN KEY constraint failed',
  'interrupted',
  'large file support is disabled',
  'locking protocol',
  'malformed JSON',
  'no such column',
  'no such function',
  'no such table',
  'not authorized',
  'NOT NULL constraint failed',
  'out of memory',
  'query aborted',
  'string or blob too big',
  'unable to open database file',
  'UNIQUE constraint failed',
] as const

/** The fault of an error of better-sqlite3, and the `SessionError` for it. */
export const { faultOf, toSessionError } = driverErrors({
  product: 'SQLite',
  faults: {},
  find: entryOf,
  heads,
})

/** The same for an error at opening a file. The message names the file. */
export function openingError(error: unknown, file: string): SessionError | undefined {
  const entry = entryOf(error)
  if (entry === undefined) return toSessionError(error)
  const message = typeof entry === 'string' ? entry : entry.message
  return driverError('SQLite', { fault: faultOfEntry(entry), message: `${message} (${file})` }, error, heads)
}

/** Whether a row caused the error, and not the statement or the file. */
export function isOfOneRow(error: unknown): boolean {
  const fault = faultOf(error)
  return fault === 'refusedRow' || fault === 'duplicate' || fault === 'tooLarge'
}

/** Whether another connection, or the owner of this one, holds a lock that will soon be free. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error)
  return code === undefined
    ? error instanceof TypeError && error.message.startsWith(ownerQueries)
    : /^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)
}

/** Makes an error with a code and a message of SQLite, so that the same table of errors applies to it. */
export function sqliteError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

const fileIsGone = 'SQLITE_READONLY_DBMOVED'

/** SQLite has a code for it, and looks only where it keeps no write-ahead log. */
export function movedError(): Error {
  return sqliteError(fileIsGone, 'attempt to write a readonly database')
}

export function isMoved(error: unknown): boolean {
  return codeOf(error) === fileIsGone
}

function faultOfEntry(entry: FaultEntry): DriverFault {
  return typeof entry === 'string' ? entry : entry.fault
}

function entryOf(error: unknown): FaultEntry | undefined {
  const code = codeOf(error)
  if (code !== undefined) return sqliteErrors[code] ?? sqliteErrors[code.split('_', 2).join('_')] ?? 'unknown'
  if (!(error instanceof TypeError)) return undefined
  return ownErrors.find(([head]) => error.message.startsWith(head))?.[1]
}

/** By its code, as the driver may be loaded twice. */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined
}
