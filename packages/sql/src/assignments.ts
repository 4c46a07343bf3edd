import type { SqlDialect } from './dialect.ts'
import { parameter, type SqlFragment, type SqlPart, sql } from './fragment.ts'
import { type Column, incomingColumns, sessionColumns, slotShift, stateColumns } from './table.ts'
import type { Assignments, Target } from './target.ts'

const columnsNamed = (...names: readonly string[]) => sessionColumns.filter(({ name }) => names.includes(name))
const { newExpiresAt, believedExpiresAt, defaultTtlMs, ifVersion, newKey } = incomingColumns
const contentColumns = [...columnsNamed('key', 'version', 'last_seen_at', 'identity_key', 'payload'), newExpiresAt]
const believedColumns = [...contentColumns, ...columnsNamed('created_at', 'deadline', 'ttl_ms'), believedExpiresAt]

/** A session as it is read; `expires_slot` follows from `expires_at`. */
export const recordColumns: readonly Column[] = sessionColumns.filter(({ name }) => name !== 'expires_slot')

/** What a write tells of a row that it wrote. */
export const timesColumns: readonly Column[] = columnsNamed('key', 'created_at', 'expires_at', 'deadline', 'ttl_ms')

/** What is read of a stored session to tell the outcome of a write. */
export const outcomeColumns: readonly Column[] = [...timesColumns, ...columnsNamed('version')]

/** What tells of a row that it is there, and until when. */
export const expiryColumns: readonly Column[] = columnsNamed('key', 'expires_at')

/** The columns of the rows that each write takes. */
export const rowColumns = {
  put: recordColumns,
  replace: contentColumns,
  /** With the times that the stored row is believed to have. */
  replaceBelieved: believedColumns,
  compareAndSwap: [...contentColumns, ifVersion],
  /** With the times that the stored row is believed to have. */
  swapBelieved: [...believedColumns, ifVersion],
  touch: [...columnsNamed('key', 'ttl_ms', 'last_seen_at'), defaultTtlMs],
  /** With the new expiry, where the stored row has been looked at. */
  touchLocked: columnsNamed('key', 'expires_at', 'last_seen_at'),
  keys: columnsNamed('key'),
  rotate: [...contentColumns, ...columnsNamed('deadline', 'ttl_ms'), ifVersion, newKey],
  putState: stateColumns,
} as const satisfies Record<string, readonly Column[]>

export const now = parameter('now')

/** Later than any instant: the largest integer of 64 bits. */
export const endOfTime = '9223372036854775807'
/** Earlier than any. */
export const beginningOfTime = '-9223372036854775808'

/** What each kind of write sets, and on what condition. `wrap` is put around the new expiry where that is stored. */
export function sessionAssignments(
  { least, same }: Pick<SqlDialect, 'least' | 'same'>,
  { stored, incoming }: Target,
  wrap: (expiry: SqlFragment) => SqlFragment = (expiry) => expiry,
) {
  const live = sql`${stored('expires_at')} > ${now}`
  /** It comes to the same whether or not `expires_at` has been set before `expires_slot` is. */
  const expiry = (asked: SqlPart, deadline: SqlPart): Assignments => {
    const capped = sql`${least}(${asked}, coalesce(${deadline}, ${endOfTime}))`
    return [
      ['expires_at', wrap(capped)],
      ['expires_slot', sql`(${capped}${slotShift})`],
    ]
  }
  const content: Assignments = ['version', 'payload', 'identity_key', 'last_seen_at'].map((name) => [
    name,
    incoming(name),
  ])
  const askedOrStored = sql`coalesce(${incoming('expires_at')}, ${stored('expires_at')})`
  return {
    live,
    /** Each of the row's times is as the caller believes. */
    believed: sql`${stored('created_at')} = ${incoming('created_at')}
      and ${stored('deadline')} ${same} ${incoming('deadline')} and ${stored('ttl_ms')} ${same} ${incoming('ttl_ms')}
      and ${stored('expires_at')} = coalesce(${incoming('believed_expires_at')}, ${stored('expires_at')})`,
    unchanged: sql`${live} and ${stored('version')} = ${incoming('if_version')}`,
    put: sessionColumns.map(({ name }) => [
      name,
      name === 'expires_slot' ? sql`(${incoming('expires_at')}${slotShift})` : incoming(name),
    ]) as Assignments,
    touch: [
      ['last_seen_at', incoming('last_seen_at')],
      ...expiry(
        sql`(${incoming('last_seen_at')} + coalesce(${incoming('ttl_ms')}, ${stored('ttl_ms')}, ${incoming('default_ttl_ms')}))`,
        stored('deadline'),
      ),
    ] as Assignments,
    replace: [...content, ...expiry(askedOrStored, stored('deadline'))] as Assignments,
    rotate: [
      ['key', incoming('new_key')],
      ['deadline', incoming('deadline')],
      ['ttl_ms', incoming('ttl_ms')],
      ...content,
      ...expiry(askedOrStored, incoming('deadline')),
    ] as Assignments,
  }
}
