import { SessionError } from '../contract/errors.ts'
import type { RecordPage, SessionRecord, StateRecord, StoredTimes, WriteKind } from './backend.ts'
import type { Work } from './coalescer/task.ts'

/** The operation that an answer must fit. */
interface Asked {
  readonly key: string
  readonly work: Work
}

/**
 * Returns the outcomes in a backend's answer, one for each operation. An answer that does not fit its operation is an
 * error: no caller may get somebody else's session, or hear that there is none.
 * @throws `SESS_UNAVAILABLE` where the number of outcomes is wrong. A single wrong outcome becomes an Error in its place.
 */
export function answersOf(asked: readonly Asked[], answer: readonly unknown[]): readonly unknown[] {
  if (!Array.isArray(answer) || answer.length !== asked.length) {
    const got = Array.isArray(answer) ? `${answer.length}` : 'no array of'
    throw contradiction(`${got} outcomes for ${asked.length} operations`)
  }
  for (let index = 0; index < asked.length; index += 1) {
    const { key, work } = asked[index] as Asked
    if (!fits(work, key, answer[index])) return withErrors(asked, answer)
  }
  return answer
}

/** Returns the outcome of an operation that was sent alone. @throws `SESS_UNAVAILABLE` where the answer does not fit it */
export function answerOf(work: Work, key: string, answer: readonly unknown[]): unknown {
  if (Array.isArray(answer) && answer.length === 1 && fits(work, key, answer[0])) return answer[0]
  return answersOf([{ key, work }], answer)[0]
}

/**
 * Checks a page. An entry that is not a record fails alone: an Error takes its place, as for a record that cannot be read.
 * If the entry has a key, the page names it in `unreadableKeys`, so that a sign-out ends it too.
 * @throws `SESS_UNAVAILABLE` where this is not a page, or has a record of another identity
 */
export function checkedPage(page: RecordPage, identityKey?: string): RecordPage {
  if (!isObject(page) || !Array.isArray(page.records) || !isStringOrNull(page.cursor) || !hasKeys(page)) {
    throw contradiction('something else than a page of records')
  }
  const records: readonly unknown[] = page.records
  if (records.every(isEntry)) return checkOwner(page, identityKey)
  const keys = records.flatMap((entry) => (!isEntry(entry) && isObject(entry) ? [entry.key] : []))
  return checkOwner(
    {
      ...page,
      records: records.map((entry) => (isEntry(entry) ? entry : contradiction('an entry of a page that is no record'))),
      unreadableKeys: [...(page.unreadableKeys ?? []), ...keys.filter((key) => typeof key === 'string')],
    },
    identityKey,
  )
}

function checkOwner(page: RecordPage, identityKey: string | undefined): RecordPage {
  const isOfAnother = (record: SessionRecord | Error) =>
    identityKey !== undefined && !(record instanceof Error) && record.identityKey !== identityKey
  if (page.records.some(isOfAnother)) throw contradiction('a record of another identity')
  return page
}

function hasKeys({ unreadableKeys }: RecordPage): boolean {
  if (unreadableKeys === undefined) return true
  return Array.isArray(unreadableKeys) && unreadableKeys.every((key) => typeof key === 'string')
}

function isEntry(entry: unknown): entry is SessionRecord | Error {
  return entry instanceof Error || isRecord(entry)
}

/** Checks a step's answer: its number and its cursor. @throws `SESS_UNAVAILABLE` where one of them is wrong */
export function checkedStep<Name extends string>(
  step: { readonly [name in Name]: number } & { readonly cursor: string | null },
  name: Name,
): typeof step {
  if (!isObject(step) || !isCount(step[name]) || !isStringOrNull(step.cursor)) {
    throw contradiction(`a step without ${name} and cursor`)
  }
  return step
}

/** Checks a count. @throws `SESS_UNAVAILABLE` where it is not a whole number of zero or more */
export function checkedCount(count: number): number {
  if (!isCount(count)) throw contradiction('a count that is no number')
  return count
}

function withErrors(asked: readonly Asked[], answer: readonly unknown[]): readonly unknown[] {
  return answer.map((outcome, index) => {
    const { key, work } = asked[index] as Asked
    if (fits(work, key, outcome)) return outcome
    const misfit = misfitOf(work, key, outcome)
    return contradiction(`an answer to ${typeof work === 'object' ? work.kind : work} that does not fit: ${misfit}`)
  })
}

function contradiction(what: string): SessionError {
  return new SessionError('SESS_UNAVAILABLE', `the backend contradicts itself: it gave ${what}`)
}

function fits(work: Work, key: string, outcome: unknown): boolean {
  if (outcome instanceof Error) return true
  if (work === 'read') return outcome === null || (isRecord(outcome) && outcome.key === key)
  return typeof work === 'object' && fitsKind[work.kind](outcome, work.key)
}

/** What is wrong with an answer, for the author of the backend: names and types, and no value. */
function misfitOf(work: Work, key: string, outcome: unknown): string {
  const kind = typeof work === 'object' ? work.kind : 'read'
  const fields = fieldsOfAnswer[kind]
  if (fields === undefined || !isObject(outcome) || Array.isArray(outcome)) {
    return `${typeOf(outcome)}, and no ${resultOf[kind]}`
  }
  const wrong = Object.entries(fields).find(([name, types]) => !types.includes(typeOf(outcome[name])))
  if (wrong !== undefined) return `${wrong[0]} is ${typeOf(outcome[wrong[0]])}, and must be ${wrong[1].join(' or ')}`
  return outcome.key === key ? 'it cannot be told apart' : 'it is the record of another key'
}

const typeOf = (value: unknown) => (value === null ? 'null' : typeof value)

type Types = readonly string[]
const timesFields = {
  createdAt: ['number'],
  expiresAt: ['number'],
  ttlMs: ['number', 'null'],
  deadline: ['number', 'null'],
} as const satisfies Record<string, Types>
const stateFields = { key: ['string'], payload: ['string'], expiresAt: ['number'] } as const
const recordFields = {
  ...stateFields,
  ...timesFields,
  version: ['string'],
  lastSeenAt: ['number', 'null'],
  identityKey: ['string', 'null'],
} as const

/** The answers that have fields. */
const fieldsOfAnswer: Readonly<Partial<Record<WriteKind | 'read', Readonly<Record<string, Types>>>>> = {
  read: recordFields,
  replace: timesFields,
  compareAndSwap: timesFields,
  rotate: timesFields,
  consumeState: stateFields,
}

const resultOf: Readonly<Record<WriteKind | 'read', string>> = {
  read: 'record, null or Error',
  insert: 'boolean',
  put: 'boolean',
  replace: 'stored times or null',
  compareAndSwap: "stored times, 'conflict' or 'gone'",
  touch: 'expiry or null',
  delete: 'boolean',
  rotate: "stored times, 'conflict', 'gone' or 'taken'",
  putState: 'true',
  consumeState: 'record or null',
}

const isTrue = (outcome: unknown) => outcome === true
const isBoolean = (outcome: unknown) => typeof outcome === 'boolean'

const fitsKind: Readonly<Record<WriteKind, (outcome: unknown, key: string) => boolean>> = {
  insert: isBoolean,
  put: isBoolean,
  replace: (outcome) => outcome === null || isTimes(outcome),
  compareAndSwap: (outcome) => outcome === 'conflict' || outcome === 'gone' || isTimes(outcome),
  touch: (outcome) => outcome === null || typeof outcome === 'number',
  delete: isBoolean,
  rotate: (outcome) => outcome === 'conflict' || outcome === 'gone' || outcome === 'taken' || isTimes(outcome),
  putState: isTrue,
  consumeState: (outcome, key) => outcome === null || (isState(outcome) && outcome.key === key),
}

function isTimes(value: unknown): value is StoredTimes {
  if (!isObject(value)) return false
  const { createdAt, expiresAt, ttlMs, deadline } = value
  return (
    typeof createdAt === 'number' &&
    typeof expiresAt === 'number' &&
    (ttlMs === null || typeof ttlMs === 'number') &&
    (deadline === null || typeof deadline === 'number')
  )
}

function isRecord(value: unknown): value is SessionRecord {
  if (!isObject(value)) return false
  const { key, version, createdAt, lastSeenAt, expiresAt, ttlMs, deadline, identityKey, payload } = value
  return (
    typeof key === 'string' &&
    typeof payload === 'string' &&
    typeof version === 'string' &&
    typeof createdAt === 'number' &&
    typeof expiresAt === 'number' &&
    (lastSeenAt === null || typeof lastSeenAt === 'number') &&
    (ttlMs === null || typeof ttlMs === 'number') &&
    (deadline === null || typeof deadline === 'number') &&
    isStringOrNull(identityKey)
  )
}

function isState(value: unknown): value is StateRecord {
  if (!isObject(value)) return false
  const { key, payload, expiresAt } = value
  return typeof key === 'string' && typeof payload === 'string' && typeof expiresAt === 'number'
}

function isStringOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string'
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
