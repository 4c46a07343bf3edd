import type { RecordPage, RemovedPage } from '../store/backend.ts'
import { integerOf, onlyInteger, textOf } from './answers.ts'
import { beginningOfTime, endOfTime, now, recordColumns, storedList } from './assignments.ts'
import type { SqlResult, SqlValue } from './driver.ts'
import { parameter, type SqlStatement, sql } from './fragment.ts'
import { sessionRecordOrError } from './records.ts'
import type { Tables } from './statements.ts'
import { lockedInOrder } from './write-forms.ts'

export type Execute = (
  statement: SqlStatement,
  values: Readonly<Record<string, SqlValue>>,
) => SqlResult | Promise<SqlResult>

export type IdentityStatements = ReturnType<typeof identityStatements>

/** The statements on the sessions of one identity. Those that have expired are the clean-up's. */
export function identityStatements({ dialect, sessions, query, command }: Tables, lockInOrder = false) {
  const { table } = sessions
  const key = dialect.quote('key')
  const mine = sql`identity_key = ${parameter('identity_key')} and expires_at > ${now}`
  const others = sql`${mine} and ${key} <> ${parameter('except')} and created_at <= ${parameter('until')}`
  // MySQL reads the table that it deletes from only inside of a derived table.
  const some = (what: string) =>
    sql`(select ${what} from ${table} where ${others} limit ${parameter('limit')}) as chosen`
  const few = sql`${others} and (select count(*) from ${some(key)}) < ${parameter('limit')}`
  const chosen = sql`${others} and ${key} in (select ${key} from ${some(key)})`
  const end = (which: typeof few) => {
    const remove = sql`delete from ${table} where ${which}`
    return command(lockInOrder ? lockedInOrder(sessions, remove, which) : remove)
  }
  const after = dialect.rowId
    ? sql`${dialect.rowId} > ${parameter('after')}`
    : sql`created_at >= ${parameter('since')} and (created_at > ${parameter('since')} or ${key} > ${parameter('after')})`
  return {
    page: query(sql`select ${storedList(sessions, recordColumns)}, ${dialect.rowId ?? key} from ${table}
      where ${mine} and ${after} order by ${dialect.rowId ?? `created_at, ${key}`} limit ${parameter('limit')}`),
    /** Ends all of them, where they are fewer than `limit`. Their keys are no part of its condition: a rotation escapes it nowhere. */
    endFew: end(few),
    endSome: end(chosen),
    /** When the newest was made that has not been ended. */
    newestLeft: query(sql`select created_at from ${table} where ${others} order by created_at desc limit 1`),
    /** How many there may be; it reads the index alone. */
    howMany: query(sql`select count(*) from ${table} where identity_key = ${parameter('identity_key')}`),
  }
}

/**
 * How many times `limit` come in a page where the engine sorts all sessions of the identity for each. They go by their
 * creation, which a rotation leaves alone.
 */
const limitsInSortedPage = 4

export interface ListStep {
  readonly identityKey: string
  readonly cursor: string | null
  readonly limit: number
  readonly now: number
}

/** A page of the sessions of an identity, from the cursor on. */
export async function listStep(
  { page }: IdentityStatements,
  execute: Execute,
  hasRowId: boolean,
  { identityKey, cursor, limit, now }: ListStep,
): Promise<RecordPage> {
  const [since = beginningOfTime, after = hasRowId ? beginningOfTime : ''] = cursor?.split(' ') ?? []
  const read = async (size: number) =>
    (await execute(page, { identity_key: identityKey, now, since, after, limit: size + 1 })).rows
  let size = limit
  let rows = await read(size)
  if (!hasRowId && rows.length > size) {
    size *= limitsInSortedPage
    rows = await read(size)
  }
  const next = rows[size]
  const end = next === undefined || hasRowId ? Math.min(rows.length, size) : endBefore(rows, next, size)
  const last = rows[end - 1]
  return {
    records: rows.slice(0, end).map(sessionRecordOrError),
    cursor: next === undefined || last === undefined ? null : `${createdAt(last)} ${textOf(last.at(-1))}`,
  }
}

/**
 * Where a page ends: before those that were made in the same millisecond as the first of the next page, so that a rotation
 * among them moves none past the cursor; at `size` where all of the page were.
 */
function endBefore(rows: readonly (readonly unknown[])[], next: readonly unknown[], size: number): number {
  const first = rows.findIndex((row) => createdAt(row) === createdAt(next))
  return first > 0 ? first : size
}

function createdAt(row: readonly unknown[]): number {
  return integerOf(row[2])
}

/** Runs one of the statements of the identity, with its rows locked in order where that has to be. */
export type EndExecute = (
  statement: keyof IdentityStatements,
  values: Readonly<Record<string, SqlValue>>,
) => SqlResult | Promise<SqlResult>

export interface EndStep extends ListStep {
  readonly exceptKey: string | null
  /** Whether a DELETE may pass by a session that is being rotated. */
  readonly missesMovedRows: boolean
}

/** How often what is left is looked for again, once as many were ended as there were: it was rotated, or has begun since. */
const maxRepeats = 16

/** One step of ending the sessions of an identity; from the second on only those that were there at the first. */
export async function endStep(
  execute: EndExecute,
  { identityKey, exceptKey, cursor, limit, now, missesMovedRows }: EndStep,
): Promise<RemovedPage> {
  const [until = endOfTime, budget = '0', repeats = '0'] = cursor?.split(' ') ?? []
  const values = { identity_key: identityKey, except: exceptKey ?? '', now, until, limit }
  let ended = 0
  if (cursor !== null) ended = (await execute('endSome', values)).affected
  if (ended < limit) {
    const { affected } = await execute('endFew', values)
    ended += affected
    if (affected > 0 && !missesMovedRows) return { ended, cursor: null }
  }
  const [newest] = (await execute('newestLeft', values)).rows
  if (newest === undefined) return { ended, cursor: null }
  const left = cursor === null ? onlyInteger(await execute('howMany', values)) : Math.max(0, Number(budget) - ended)
  const times = left > 0 ? 0 : Number(repeats) + 1
  const last = cursor === null ? integerOf(newest[0]) : until
  return { ended, cursor: times > maxRepeats ? null : `${last} ${left} ${times}` }
}
