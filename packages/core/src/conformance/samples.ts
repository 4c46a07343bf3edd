import { randomBytes } from 'node:crypto'
import type { Identity, IdentityRef, Session, SessionSummary } from '../contract/session.ts'
import type { SessionStore } from '../contract/session-store.ts'
import { fail } from './expectations.ts'

export const minuteMs = 60_000
export const hourMs = 3_600_000
export const dayMs = 86_400_000

export const alice: Identity = {
  providerId: 'github',
  externalId: 'user_888',
  email: 'alice@example.com',
  username: 'alice',
  attributes: { plan: 'pro', locale: 'de-CH' },
}

export const bob: Identity = { providerId: 'github', externalId: 'user_889', attributes: {} }

export function refOf({ providerId, externalId }: Identity): IdentityRef {
  return { providerId, externalId }
}

/** What an id or state made by a store looks like: 256 bits as base64url. */
export const tokenPattern = /^[A-Za-z0-9_-]{43}$/

/** Ids that `load` and its like answer with null or false, and that nothing may be stored under. */
export const malformedIds: readonly (readonly [what: string, id: string])[] = [
  ['empty', ''],
  ['a space', ' '],
  ['a trailing space', 'abc '],
  ['NUL', 'abc\0'],
  ['a line break', 'abc\n'],
  ['a star', '*'],
  ['a glob', 'sess*'],
  ['a glob set', '[a-z]'],
  ['a single quote', "' OR '1'='1"],
  ['a double quote', '"'],
  ['a backtick', '`'],
  ['a semicolon', 'a;DROP TABLE sessions'],
  ['a percent sign', '%'],
  ['a question mark', '?'],
  ['a dollar placeholder', '$1'],
  ['a backslash', 'a\\'],
  ['braces', '{a}'],
  ['an accent', 'é'],
  ['an emoji', '😀'],
  ['a lone surrogate', '\ud800'],
  ['513 characters', 'a'.repeat(513)],
  ['a million characters', 'a'.repeat(1_000_000)],
]

export const notStrings: readonly unknown[] = [undefined, null, 1, true, {}, [], ['a'], Symbol('id'), Buffer.from('a')]

export const badDurations: readonly unknown[] = [
  0,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  '5',
  '0s',
  '-1h',
  '1x',
  '1 h',
  ' 1h',
  '1h ',
  'h',
  'forever',
  true,
  {},
]

/** Ids from the list first, then random ones. */
export function idsInOrder(...ids: readonly string[]): () => string {
  const left = [...ids]
  return () => left.shift() ?? randomBytes(32).toString('base64url')
}

/** The one session of a list; fails where there are more or none. */
export function only<T>(list: readonly T[], what: string): T {
  const [first, ...more] = list
  if (first === undefined || more.length > 0) fail(`${what}: expected exactly one, got ${list.length}`)
  return first
}

export async function all(store: SessionStore): Promise<SessionSummary[]> {
  const found: SessionSummary[] = []
  for await (const summary of store.entries()) found.push(summary)
  return found
}

/** What a session looks like in a list, but for the handle. */
export function withoutSecret({ id: _, ...rest }: Session): Omit<Session, 'id'> {
  return rest
}

/** The handle of the one session that this person has. */
export async function handleOf(store: SessionStore, identity: Identity): Promise<string> {
  return only(await store.listByIdentity(refOf(identity)), 'sessions of the person').handle
}

/** What a session that is built by hand has of what it leaves out, but for id, handle, version, expiry and idle time. */
export function byHand(clock: { in(ms: number): Date }) {
  const now = clock.in(0)
  return { identity: null, data: {}, createdAt: now, lastSeenAt: now, authenticatedAt: null, deadline: null }
}

/** What `load` has; fails where there is nothing. */
export async function loaded(store: SessionStore, id: string, promise = 'the session is live'): Promise<Session> {
  return (await store.load(id)) ?? fail(`${promise}, but load gave null`)
}

export function holdsToken(id: string): void {
  if (!tokenPattern.test(id)) fail('an id is 43 characters of base64url')
}

/** A copy that shares nothing with the session. Not `structuredClone`: under jest its objects are of another realm. */
export function detached(session: Session): Session {
  const { identity, data, createdAt, lastSeenAt, authenticatedAt, expiresAt, deadline } = session
  const instants = {
    createdAt: new Date(createdAt),
    lastSeenAt: new Date(lastSeenAt),
    authenticatedAt: authenticatedAt && new Date(authenticatedAt),
    expiresAt: new Date(expiresAt),
    deadline: deadline && new Date(deadline),
  }
  return { ...session, identity: copied(identity), data: copied(data), ...instants }
}

function copied<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copied) as T
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copied(item)])) as T
}

/** A plain object of any realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || (prototype !== null && Object.getPrototypeOf(prototype) === null)
}
