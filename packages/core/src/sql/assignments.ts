import { list, parameter, type SqlFragment, type SqlPart, sql } from './fragment.ts'
import { type Column, givenColumns, sessionColumns, slotShift, stateColumns } from './table.ts'
import type { Assignments, Target } from './write-forms.ts'

const columnsNamed = (...names: readonly string[]) => sessionColumns.filter(({ name }) => names.includes(name))
const { newExpiresAt, ifVersion, newKey } = givenColumns
const contentColumns = [...columnsNamed('key', 'version', 'identity_key', 'payload'), newExpiresAt]

/** A session as it is read; `expires_slot` follows from `expires_at`. */
export const recordColumns: readonly Column[] = sessionColumns.filter(({ name }) => name !== 'expires_slot')

/** What a write tells of a row that it wrote. */
export const timesColumns: readonly Column[] = columnsNamed('key', 'created_at', 'expires_at', 'deadline')

/** What is read of a stored session to tell the outcome of a write. */
export const outcomeColumns: readonly Column[] = [...timesColumns, ...columnsNamed('version')]

/** The columns of the rows that each write takes. */
export const rowColumns = {
  put: recordColumns,
  replace: contentColumns,
  /** With the times that the stored row is believed to have. */
  replaceLive: [...contentColumns, ...columnsNamed('created_at', 'deadline')],
  compareAndSwap: [...contentColumns, ifVersion],
  touch: columnsNamed('key', 'expires_at'),
  keys: columnsNamed('key'),
  rotate: [...contentColumns, ...columnsNamed('deadline'), ifVersion, newKey],
  putState: stateColumns,
} as const satisfies Record<string, readonly Column[]>

export const now = parameter('now')

/** Later than any instant: the largest integer of 64 bits. */
export const endOfTime = '9223372036854775807'
/** Earlier than any. */
export const beginningOfTime = '-9223372036854775808'

/** What each kind of write sets, and on what condition. `wrap` is put around the new expiry where that is stored. */
export function sessionAssignments(
  { dialect, stored, given }: Target,
  wrap: (expiry: SqlFragment) => SqlFragment = (expiry) => expiry,
) {
  const live = sql`${stored('expires_at')} > ${now}`
  /** It comes to the same whether or not `expires_at` has been set before `expires_slot` is. */
  const expiry = (asked: SqlPart, deadline: SqlPart): Assignments => {
    const capped = sql`${dialect.least}(${asked}, coalesce(${deadline}, ${endOfTime}))`
    return [
      ['expires_at', wrap(capped)],
      ['expires_slot', sql`(${capped}${slotShift})`],
    ]
  }
  const content: Assignments = ['version', 'payload', 'identity_key'].map((name) => [name, given(name)])
  const askedOrStored = sql`coalesce(${given('expires_at')}, ${stored('expires_at')})`
  return {
    live,
    unchanged: sql`${live} and ${stored('version')} = ${given('if_version')}`,
    put: sessionColumns.map(({ name }) => [
      name,
      name === 'expires_slot' ? sql`(${given('expires_at')}${slotShift})` : given(name),
    ]) as Assignments,
    touch: expiry(given('expires_at'), stored('deadline')),
    replace: [...content, ...expiry(askedOrStored, stored('deadline'))] as Assignments,
    rotate: [
      ['key', given('new_key')],
      ['deadline', given('deadline')],
      ...content,
      ...expiry(askedOrStored, given('deadline')),
    ] as Assignments,
  }
}

/** The names of the columns of the table. */
export function storedList({ stored }: Target, columns: readonly Column[]): SqlFragment {
  return list(columns.map(({ name }) => stored(name)))
}
