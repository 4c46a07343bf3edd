import type { CleanedPage } from '@sess/core'
import { integerOf, textOf } from './answers.ts'
import { beginningOfTime, now } from './assignments.ts'
import { parameter, type SqlFragment, sql } from './fragment.ts'
import type { Execute } from './identity-steps.ts'
import { clock } from './statement-call.ts'
import type { Tables } from './statements.ts'
import { deleteRows, type Target } from './write-forms.ts'

/** The tables in the order in which they are cleaned, and the column by whose index each is. */
const phases = [
  { table: 'sessions', column: 'expires_slot' },
  { table: 'states', column: 'expires_at' },
] as const

const [from, after, limit, skip] = [parameter('from'), parameter('after'), parameter('limit'), parameter('skip')]

export type CleanUpStatements = ReturnType<typeof cleanUpStatements>

/** For each table what removes the oldest from a place in its index on, and what tells where the next step begins. */
export function cleanUpStatements(tables: Tables) {
  const { dialect, query, command } = tables
  const key = dialect.quote('key')
  return phases.map(({ table, column }) => {
    const target = tables[table]
    const expired = sql`${column} <= ${column === 'expires_slot' ? parameter('slot') : now} and expires_at <= ${now}`
    if (dialect.returning) {
      const oldest = (what: string) => sql`select ${what} from ${target.table} where ${column} >= ${from} and ${expired}
        order by ${column} limit ${limit} ${dialect.skipLocked}`
      return { remove: query(sql`${deleteOldest(target, oldest)} returning ${column}`) }
    }
    const stepOf = (place: SqlFragment) => {
      const rest = sql`from ${target.table} where ${place} and ${expired} order by ${column}, ${key}`
      const oldest = sql`(select ${key} ${rest} limit ${limit} ${dialect.skipLocked}) as s`
      return {
        last: query(sql`select ${column}, ${key} ${rest} limit 1 offset ${skip}`),
        remove: command(deleteRows(target, oldest, sql`and ${target.stored('expires_at')} <= ${now}`)),
      }
    }
    return {
      /** An index of InnoDB ends with the primary key. MariaDB seeks by that only where what stands before is one value. */
      inOne: stepOf(sql`${column} = ${from} and ${key} > ${after}`),
      beyond: stepOf(sql`${column} > ${from}`),
    }
  })
}

function deleteOldest({ dialect, table, stored }: Target, oldest: (what: string) => SqlFragment): SqlFragment {
  const address = dialect.rowAddress ?? dialect.quote('key')
  const rows = oldest(address)
  const chosen = dialect.deleteForm === 'any' ? sql`= any(array(${rows}))` : sql`in (${rows})`
  return sql`delete from ${table} where ${address} ${chosen} and ${stored('expires_at')} <= ${now}`
}

/**
 * One step of a clean-up. The next begins in the index where this one ended: what was removed is passed over again by every
 * scan for as long as somebody's old snapshot may see it. A cursor is the phase, a value of the index's column, and a key.
 */
export async function cleanUpOneStep(
  statements: CleanUpStatements,
  execute: Execute,
  cursor: string | null,
  limit: number,
  at: number,
): Promise<CleanedPage> {
  const [phase = '0', from = beginningOfTime, after] = cursor?.split(' ') ?? []
  const { remove, inOne, beyond } = statements[Number(phase)] as Forms
  const values = { ...clock(at), from, after: after ?? '', limit, skip: limit - 1 }
  const page = (affected: number, next: string | undefined): CleanedPage => ({
    sessions: phase === '0' ? affected : 0,
    cursor: next === undefined ? nextPhase(phase, statements) : `${phase} ${next}`,
  })
  if (remove !== undefined) {
    const { affected, rows } = await execute(remove, values)
    return page(affected, affected < limit ? undefined : `${largest(rows)}`)
  }
  const step = after === undefined ? beyond : inOne
  const [last] = (await execute(step.last, values)).rows
  const { affected } = await execute(step.remove, values)
  if (last !== undefined) return page(affected, `${textOf(last[0])} ${textOf(last[1])}`)
  return page(affected, after === undefined ? undefined : from)
}

type Step = Extract<CleanUpStatements[number], { inOne: unknown }>['inOne']
type Forms =
  | { readonly remove: Step['remove']; readonly inOne?: undefined; readonly beyond?: undefined }
  | { readonly remove?: undefined; readonly inOne: Step; readonly beyond: Step }

function nextPhase(phase: string, statements: CleanUpStatements): string | null {
  const next = Number(phase) + 1
  return next < statements.length ? `${next}` : null
}

function largest(rows: readonly (readonly unknown[])[]): number {
  return rows.reduce((most, [place]) => Math.max(most, integerOf(place)), Number.NEGATIVE_INFINITY)
}
