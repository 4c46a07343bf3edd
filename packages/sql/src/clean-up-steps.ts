import type { CleanedPage } from '@sess/core'
import { integerOf, textOf } from './answers.ts'
import { beginningOfTime, now } from './assignments.ts'
import type { SqlDriver } from './driver.ts'
import { parameter, type SqlFragment, sql } from './fragment.ts'
import type { Execute } from './identity-steps.ts'
import { clock } from './statement-call.ts'
import type { Tables } from './statements.ts'

/** The tables in the order of the clean-up. Each is cleaned along the index of `column`. */
const phases = [
  { table: 'sessions', column: 'expires_slot' },
  { table: 'states', column: 'expires_at' },
] as const

const [from, after, limit, skip] = [parameter('from'), parameter('after'), parameter('limit'), parameter('skip')]

export type CleanUpStatements = ReturnType<typeof cleanUpStatements>

/** For each table: the statement that deletes the oldest rows from a place in the index on, and the one that finds the next place. */
export function cleanUpStatements(tables: Tables) {
  const { dialect, query, command } = tables
  const { forms } = dialect
  return phases.map(({ table, column }) => {
    const target = tables[table]
    const key = target.quote('key')
    const expired = sql`${column} <= ${column === 'expires_slot' ? parameter('slot') : now} and expires_at <= ${now}`
    const stillExpired = sql`${target.stored('expires_at')} <= ${now}`
    const skipLocked = true
    if (dialect.locking === undefined) {
      const oldest = { where: sql`${column} >= ${from} and ${expired}`, orderBy: column, limit, skipLocked }
      const returning = [{ name: column, type: 'integer' }] as const
      return { remove: query(forms.deleteFirst(target, { first: oldest, where: stillExpired, returning })) }
    }
    const stepOf = (place: SqlFragment) => {
      const rest = { where: sql`${place} and ${expired}`, orderBy: sql`${column}, ${key}` }
      const keys = sql`(${forms.first(target, { ...rest, columns: key, limit, skipLocked })}) as s`
      return {
        last: query(forms.first(target, { ...rest, columns: sql`${column}, ${key}`, limit: '1', offset: skip })),
        remove: command(forms.delete(target, { keys, where: stillExpired })),
      }
    }
    return {
      /** An InnoDB index ends with the primary key. MariaDB seeks by the key only if the column before it has one value. */
      inOne: stepOf(sql`${column} = ${from} and ${key} > ${after}`),
      beyond: stepOf(sql`${column} > ${from}`),
    }
  })
}

/**
 * Runs one step of a clean-up. The next step begins in the index where this one ended: a scan from the start would pass over
 * all deleted entries again for as long as an old snapshot can see them. A cursor is the phase, a value of the column, and a key.
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

/**
 * Makes steps smaller while the server ends them for their length: it may have a limit of its own for a statement (for a role, by
 * its owner) that the usual step does not keep, and then nothing would ever be removed. Each step that is done doubles the next.
 */
export function smallerSteps(driver: SqlDriver): <T>(limit: number, step: (limit: number) => Promise<T>) => Promise<T> {
  let most = Number.POSITIVE_INFINITY
  return async (limit, step) => {
    for (let rows = Math.min(limit, most); ; rows = most) {
      try {
        const page = await step(rows)
        most = rows * 2
        return page
      } catch (error) {
        if (rows === 1 || driver.fault(error) !== 'late') throw error
        most = Math.ceil(rows / 8)
      }
    }
  }
}
