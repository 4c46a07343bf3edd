import { type DriverErrors, type DriverFault, driverErrors, type FaultEntry, SessionError } from '@sess/core'
import { heads, phrases } from './messages.ts'

const pooled: FaultEntry = {
  fault: 'misconfigured',
  message:
    'prepared statements do not outlive a transaction here, as behind PgBouncer; open the store with prepare: false',
}
const missing: FaultEntry = {
  fault: 'missingSchema',
  message:
    'a table, a column or the schema is missing; run the DDL that the package prints, or open with migrate: true',
}
const refusedStatement: FaultEntry = { fault: 'misconfigured', message: 'the server does not accept the statement' }

/** SQLSTATE, or its first two characters for the rest of a class. */
export const sqlStates: Readonly<Record<string, FaultEntry>> = {
  '08': 'unreachable',
  '0A': refusedStatement,
  '22': 'refusedRow',
  '22P05': { fault: 'refusedRow', message: 'the encoding of the database lacks a character; it must be UTF8' },
  '23': 'refusedRow',
  '23505': 'duplicate',
  '25006': 'readOnly',
  '25P03': 'late',
  '25P04': 'late',
  '26000': pooled,
  '28': 'denied',
  '3D000': { fault: 'missingSchema', message: 'the database does not exist' },
  '3F000': missing,
  '40': 'conflict',
  '40003': { fault: 'unknown', message: 'the server does not know whether the statement took effect' },
  '42': refusedStatement,
  '42501': { fault: 'denied', message: 'the role lacks a right on the tables or the schema' },
  '42703': missing,
  '42P01': missing,
  '42P05': pooled,
  '53': 'exhausted',
  '53100': 'full',
  '53300': { fault: 'exhausted', message: 'the server has too many connections' },
  '54': 'tooLarge',
  '55P03': 'late',
  '57': 'starting',
  '57014': 'late',
  '57P05': 'unreachable',
  '58': 'exhausted',
  P0: { fault: 'refusedRow', message: 'the table refuses the record: a trigger raised an error' },
  XX001: 'damaged',
  XX002: 'damaged',
}

/** What the drivers say themselves. */
export const driverCodes: Readonly<Record<string, FaultEntry>> = {
  CONNECT_TIMEOUT: { fault: 'late', message: 'no connection to the server in time' },
  CONNECTION_CLOSED: 'unreachable',
  CONNECTION_DESTROYED: 'unreachable',
  CONNECTION_ENDED: { fault: 'unreachable', message: 'the client handed in was ended by its owner' },
  MAX_PARAMETERS_EXCEEDED: refusedStatement,
  SASL_SIGNATURE_MISMATCH: 'denied',
}

const errors: DriverErrors = driverErrors({
  product: 'PostgreSQL',
  faults: driverCodes,
  heads,
  find(error) {
    const known = phrases.find(({ head }) => error.message.startsWith(head))
    if (!isOfServer(error)) return known?.of === 'driver' ? known.entry : undefined
    const { code } = error as { code?: unknown }
    const state = typeof code === 'string' ? code : ''
    return (known?.of === 'server' && known.entry) || sqlStates[state] || sqlStates[state.slice(0, 2)] || 'unknown'
  },
})

/** Returns the fault of an error of a driver, the server or the system; undefined for any other error. */
export function faultOf(error: unknown): DriverFault | undefined {
  return errors.faultOf(error)
}

/** Returns the `SessionError` for an error of a driver, the server or the system; undefined for any other error. */
export function toSessionError(error: unknown): SessionError | undefined {
  const known = errors.toSessionError(error)
  if (known === undefined || !isEnded(error)) return known
  return new SessionError(known.code, known.message, { cause: known.cause, retryable: false })
}

/** Whether the server or a pooler sent this error. Both drivers give such an error a severity; any other error has none. */
export function isOfServer(error: unknown): boolean {
  return severityOf(error) !== undefined
}

/** States that mean that the connection leads to the wrong server, or that the server is going away. */
const wrongServer = /^(25006$|57P0|08|58)/

/** Whether a connection must not be used again after this error of a statement. */
export function endsConnection(error: unknown): boolean {
  const severity = severityOf(error)
  if (severity === undefined || severity === 'FATAL' || severity === 'PANIC') return true
  return wrongServer.test(String((error as { code?: unknown }).code))
}

/** Whether the server said that it ends the connection. Then nothing of the connection is left at the server. */
export function isFatal(error: unknown): boolean {
  const severity = severityOf(error)
  return severity === 'FATAL' || severity === 'PANIC'
}

const lostCodes = new Set(['CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'ECONNRESET', 'EPIPE'])
const lostMessages = ['Connection terminated unexpectedly', 'Client has encountered a connection error']

/** Whether a connection was lost; one that was refused is not. */
export function isLost(error: unknown): boolean {
  if (!(error instanceof Error) || isOfServer(error)) return false
  const { code } = error as { code?: unknown }
  return lostCodes.has(String(code)) || lostMessages.some((head) => error.message.startsWith(head))
}

/** Whether a pooler refused a parameter that a connection was begun with. */
export function isRefusedParameter(error: unknown): boolean {
  if (!isOfServer(error)) return false
  const { code, message } = error as { code?: unknown; message: string }
  return /startup parameter|RDS Proxy currently/i.test(message) || code === '42704' || code === '0A000'
}

/** Whether the server answered that it has no TLS. */
export function isTlsMissing(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('The server does not support SSL connections')
}

function severityOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { severity, severity_local } = error as { severity?: unknown; severity_local?: unknown }
  // PgBouncer sends only the severity that may be translated.
  const given = severity ?? severity_local
  return typeof given === 'string' ? given : undefined
}

function isEnded(error: unknown): boolean {
  return (
    (error as { code?: unknown }).code === 'CONNECTION_ENDED' || (error as Error).message.startsWith(pgPoolWasEnded)
  )
}

const pgPoolWasEnded = 'Cannot use a pool after calling end on the pool'

export function connectionClosed(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'CONNECTION_CLOSED' })
}

/** The error for a server without writes that a host list must pass over. */
export function readOnlyServer(): Error {
  return Object.assign(new Error('the server takes no writes'), { code: '25006', severity: 'ERROR' })
}

export function noAnswer(timeoutMs: number): SessionError {
  return new SessionError('SESS_TIMEOUT', `PostgreSQL: no answer within timeoutMs = ${timeoutMs}`)
}
