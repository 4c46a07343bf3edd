import { SessionError } from '@sess/core'
import type { SqlCall, SqlResult } from '@sess/sql'
import type { Target } from './target.ts'

/** Names a connection in a cancel request. */
export interface CancelKey {
  readonly pid: number
  readonly secret: number
}

/** One connection to the server, with one statement under way at a time. Two drivers make them. */
export interface Connection {
  readonly target: Target
  readonly cancelKey: CancelKey | null
  /** Rejects also when the connection ends, even if the driver says nothing of it. */
  execute(call: SqlCall): Promise<SqlResult>
  /** Says goodbye to the server. `whenClosed` follows soon if the server answers. */
  end(): void
  /** Gives the connection up. */
  destroy(): void
}

/** How a driver opens a connection. `whenClosed` is called once, also for one that never opened. */
export type Connect = (target: Target, whenClosed: () => void) => { connection: Connection; opened: Promise<void> }

/** Checks an answer and brings it into one form. Every answer comes through here. */
export function sqlResult(rows: readonly (readonly unknown[])[], count: number | null): SqlResult {
  const affected = count ?? 0
  // After a statement that failed half-way, postgres.js keeps its row counter. The next answer then begins with as many holes.
  const own = rows.length > affected ? rows.slice(rows.length - affected) : rows
  if (own.length > 0 && own.length !== affected) throw contradiction()
  for (let index = 0; index < own.length; index += 1) if (own[index] === undefined) throw contradiction()
  return { rows: own, affected }
}

function contradiction(): SessionError {
  return new SessionError('SESS_UNAVAILABLE', 'PostgreSQL: the answer of the driver contradicts itself')
}

export function command(text: string): SqlCall {
  return { statement: { text, parameters: [], returnsRows: false }, values: [] }
}

export function select(text: string, values: SqlCall['values'] = []): SqlCall {
  return { statement: { text, parameters: [], returnsRows: true }, values }
}

/** Whether a statement changes nothing, so that it can be asked again. */
export function isRead({ statement }: SqlCall): boolean {
  return /^\s*select\b/i.test(statement.text)
}
