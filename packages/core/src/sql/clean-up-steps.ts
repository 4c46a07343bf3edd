import type { CleanedPage } from '../store/backend.ts'
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

export type CleanUpStatements = ReturnType<typeof cleanUpStatements>

/** For each table what removes the oldest from a place in its index on, and what tells where the next step begins. */
export function cleanUpStatements(tables: Tables) {
  const { dialect, query, command } = tables
  return phases.map(({ table, column }) => {
    const from = tables[table]
    const key = dialect.quote('key')
    const until = column === 'expires_slot' ? parameter('slot') : now
    const inIndex = sql`${column} >= ${parameter('from')} and ${column} <= ${until} and expires_at <= ${now}`
    if (dialect.returning) {
      const oldest = (what: string) =>
        sql`select ${what} from ${from.table} where ${inIndex} order by ${column} limit ${parameter('limit')} ${dialect.skipLocked}`
      return { bound: undefined, remove: query(sql`${deleteOldest(from, oldest)} returning ${column}`) }
    }
    // An index of InnoDB ends with the primary key, so it tells apart what has one slot.
    const after = sql`${inIndex} and (${column} > ${parameter('from')} or ${key} > ${parameter('after')})`
    const order = `order by ${column}, ${key}`
    const oldest = sql`(select ${key} from ${from.table} where ${after} ${order} limit ${parameter('limit')} ${dialect.skipLocked}) as s`
    return {
      bound: query(
        sql`select ${column}, ${key} from ${from.table} where ${after} ${order} limit 1 offset ${parameter('skip')}`,
      ),
      remove: command(deleteRows(from, oldest, sql`and ${from.stored('expires_at')} <= ${now}`)),
    }
  })
}

function deleteOldest({ dialect, table, stored }: Target, oldest: (what: string) => SqlFragment): SqlFragment {
  const address = dialect.rowAddress ?? dialect.quote('key')
  const rows = oldest(address)
  const chosen = dialect.deleteForm === 'any' ? sql`= any(array(${rows}))` : sql`in (${rows})`
  return sql`delete from ${table} where ${address} ${chosen} and ${stored('expires_at')} <= ${now}`
}

/** One step of a clean-up. The next begins where this one ended, so that it need not pass over what was removed. */
export async function cleanUpOneStep(
  statements: CleanUpStatements,
  execute: Execute,
  cursor: string | null,
  limit: number,
  at: number,
): Promise<CleanedPage> {
  const [phase = '0', from = beginningOfTime, after = ''] = cursor?.split(' ') ?? []
  const { bound, remove } = statements[Number(phase)] as CleanUpStatements[number]
  const values = { ...clock(at), from, after, limit, skip: limit - 1 }
  const last = bound && (await execute(bound, values)).rows[0]
  const { affected, rows } = await execute(remove, values)
  const sessions = Number(phase) === 0 ? affected : 0
  const next = bound
    ? last && `${integerOf(last[0])} ${textOf(last[1])}`
    : affected < limit
      ? undefined
      : `${largest(rows)}`
  if (next !== undefined) return { sessions, cursor: `${phase} ${next}` }
  return { sessions, cursor: Number(phase) + 1 < statements.length ? `${Number(phase) + 1}` : null }
}

function largest(rows: readonly (readonly unknown[])[]): number {
  return rows.reduce((most, row) => Math.max(most, integerOf(row[0])), -1)
}
