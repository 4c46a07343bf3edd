import type { RecordPage, RemovedPage } from '@sess/core'
import { integerOf, onlyInteger, textOf } from './answers.ts'
import { beginningOfTime, endOfTime, now, recordColumns } from './assignments.ts'
import type { IdentityPages } from './dialect.ts'
import type { SqlResult, SqlValue } from './driver.ts'
import { parameter, type SqlFragment, type SqlStatement, sql } from './fragment.ts'
import { recordPage } from './records.ts'
import { standardForms } from './standard-forms.ts'
import type { Tables } from './statements.ts'
import { storedList } from './target.ts'

export type Execute = (
  statement: SqlStatement,
  values: Readonly<Record<string, SqlValue>>,
) => SqlResult | Promise<SqlResult>

export type IdentityStatements = ReturnType<typeof identityStatements>

/** The statements on the sessions of one identity. Expired sessions are left to the clean-up. */
export function identityStatements(tables: Tables, lockInOrder = false) {
  const { dialect, names, sessions, query, command } = tables
  const { forms, identityPages } = dialect
  const { table, stored, quote } = sessions
  const mine = sql`${stored('identity_key')} = ${parameter('identity_key')} and ${stored('expires_at')} > ${now}`
  const others = sql`${mine} and ${stored('key')} <> ${parameter('except')}
    and ${stored('created_at')} <= ${parameter('until')}`
  const limit = parameter('limit')
  // MySQL allows a DELETE to read its own table only inside a derived table.
  const some = sql`(${forms.first(sessions, { columns: quote('key'), where: others, limit })}) as s`
  const few = sql`${others} and (select count(*) from ${some}) < ${limit}`
  const inOrder = (which: SqlFragment, where: SqlFragment, write: (where: SqlFragment) => SqlFragment) => {
    const lock = lockInOrder ? forms.lockInOrder?.(sessions, which) : undefined
    return command(lock ? sql`${lock.before} ${write(sql`${where} and ${lock.where}`)}` : write(where))
  }
  const place = identityPages.by === 'rowId' ? identityPages.column : quote('key')
  const columns = sql`${storedList(sessions, recordColumns)}, ${identityPages.by === 'rowId' ? place : stored('key')}`
  const page = (from: SqlFragment, orderBy: string) =>
    query(
      forms.first(sessions, {
        columns,
        where: sql`${mine} and ${from}`,
        orderBy,
        limit,
        index: names.sessionsByIdentity,
      }),
    )
  const [since, after] = [parameter('since'), parameter('after')]
  const created = stored('created_at')
  return {
    byRowId: page(sql`${place} > ${after}`, place),
    byKey: page(sql`${stored('key')} > ${after}`, stored('key')),
    byKeyDown: page(sql`${stored('key')} < ${after}`, `${stored('key')} desc`),
    byCreation: page(
      sql`${created} >= ${since} and (${created} > ${since} or ${stored('key')} > ${after})`,
      `${created}, ${stored('key')}`,
    ),
    /** Deletes all of them if they are fewer than `limit`. It names no key, so a session that is rotated meanwhile does not escape. */
    endFew: inOrder(few, few, (where) => sql`delete from ${table} where ${where}`),
    endSome: inOrder(sql`${standardForms.keyIn(sessions, some)} and ${others}`, others, (where) =>
      forms.delete(sessions, { keys: some, where }),
    ),
    /** Reads the creation of the newest session that is left. */
    newestLeft: query(
      forms.first(sessions, { columns: 'created_at', where: others, orderBy: 'created_at desc', limit: '1' }),
    ),
    /** Counts them by the index alone: expired ones and the excepted one are counted too. */
    howMany: query(sql`select count(*) from ${table} where identity_key = ${parameter('identity_key')}`),
  }
}

type Rows = readonly (readonly unknown[])[]

export interface ListStep {
  readonly identityKey: string
  readonly cursor: string | null
  readonly limit: number
  readonly now: number
}

/** Reads a page of the sessions of an identity, from the cursor on. */
export async function listStep(
  statements: IdentityStatements,
  execute: Execute,
  { by }: IdentityPages,
  { identityKey, cursor, limit, now }: ListStep,
): Promise<RecordPage> {
  const read: ReadPage = async (statement, place, size) =>
    (await execute(statements[statement], { identity_key: identityKey, now, ...place, limit: size + 1 })).rows
  const { rows, next } = await pages[by](read, cursor?.split(' ') ?? [], limit)
  return recordPage(rows, next)
}

type ReadPage = (
  statement: 'byRowId' | 'byKey' | 'byKeyDown' | 'byCreation',
  place: { readonly after: string; readonly since?: string },
  size: number,
) => Promise<Rows>

type ReadStep = (
  read: ReadPage,
  cursor: readonly string[],
  limit: number,
) => Promise<{ readonly rows: Rows; readonly next: string | null }>

/** A sorted page has this many times `limit` rows, as the engine reads all sessions of the identity for each page. */
const limitsInSortedPage = 8

const pages: Readonly<Record<IdentityPages['by'], ReadStep>> = {
  async rowId(read, [after = beginningOfTime], limit) {
    const rows = await read('byRowId', { after }, limit)
    const page = rows.slice(0, limit)
    return { rows: page, next: rows.length > limit ? textOf(page.at(-1)?.at(-1)) : null }
  },

  /** Pages upwards. If that took more than one page, pages downwards too: a rotation may have moved a session past the cursor. */
  async key(read, [way = 'up', after = ''], limit) {
    const rows = await read(way === 'up' ? 'byKey' : 'byKeyDown', { after }, limit)
    const page = rows.slice(0, limit)
    if (rows.length > limit) return { rows: page, next: `${way} ${textOf(page.at(-1)?.[0])}` }
    return { rows: page, next: way === 'up' && after !== '' ? `down ${afterAllKeys}` : null }
  },

  /** A rotation does not change the creation. A page never ends between sessions of the same millisecond. */
  async creation(read, [since, after = ''], limit) {
    const place = { since: since ?? beginningOfTime, after }
    // Most people's sessions fit into a small page.
    let size = since === undefined ? limit : limit * limitsInSortedPage
    let rows = await read('byCreation', place, size)
    if (rows.length > size && size === limit) {
      size *= limitsInSortedPage
      rows = await read('byCreation', place, size)
    }
    const next = rows[size]
    if (next === undefined) return { rows, next: null }
    const tied = rows.findIndex((row) => createdAt(row) === createdAt(next))
    const page = rows.slice(0, tied > 0 ? tied : size)
    const last = page.at(-1) ?? []
    return { rows: page, next: `${createdAt(last)} ${textOf(last[0])}` }
  },
}

/** Sorts after every key. */
const afterAllKeys = '\x7f'

function createdAt(row: readonly unknown[]): number {
  return integerOf(row[2])
}

/** Runs one of the statements of the identity; after a deadlock, the form that locks rows in order. */
export type EndExecute = (
  statement: keyof IdentityStatements,
  values: Readonly<Record<string, SqlValue>>,
) => SqlResult | Promise<SqlResult>

export interface EndStep extends ListStep {
  readonly exceptKey: string | null
  /** Whether a DELETE can miss a session that is being rotated. */
  readonly missesMovedRows: boolean
}

/** How often it looks again once it has ended as many sessions as there were. What is left was rotated meanwhile, or is newer. */
const maxRepeats = 16

/** Runs one step of ending the sessions of an identity. From the second step on it ends only those that existed at the first. */
export async function endStep(
  execute: EndExecute,
  { identityKey, exceptKey, cursor, limit, now, missesMovedRows }: EndStep,
): Promise<RemovedPage> {
  const [until = endOfTime, budget = '0', repeats = '0'] = cursor?.split(' ') ?? []
  const values = { identity_key: identityKey, except: exceptKey ?? '', now, until, limit }
  let ended = 0
  if (cursor !== null) {
    ended = (await execute('endSome', values)).affected
    if (ended === limit && Number(budget) > ended) return { ended, cursor: `${until} ${Number(budget) - ended} 0` }
  }
  const { affected } = await execute('endFew', values)
  ended += affected
  if (affected > 0 && !missesMovedRows) return { ended, cursor: null }
  const [newest] = (await execute('newestLeft', values)).rows
  if (newest === undefined) return { ended, cursor: null }
  const left = cursor === null ? onlyInteger(await execute('howMany', values)) : Math.max(0, Number(budget) - ended)
  const times = left > 0 ? 0 : Number(repeats) + 1
  const last = cursor === null ? integerOf(newest[0]) : until
  return { ended, cursor: times > maxRepeats ? null : `${last} ${left} ${times}` }
}
