import { invalidArgument } from '../contract/errors.ts'
import type { SummaryChange } from '../contract/method-options.ts'
import type { IdentityRef, Session, SessionSummary } from '../contract/session.ts'
import { checkedStep } from './answers.ts'
import type { SessionRecord } from './backend.ts'
import { identityPage, type Pages, scanPage } from './pages.ts'
import type { Rewriting } from './rewriting.ts'
import { pageSize, steps } from './steps.ts'
import type { StoreParts } from './store-parts.ts'
import { isThenable } from './update-turns.ts'

/** The most passes over the sessions of a person, each looking for sessions that were rotated during the one before. */
const maxPasses = 64

/**
 * So many passes in a row must find nobody. A rotation may move a session past one pass. The session escapes them all only if
 * it is rotated during each of them.
 */
const quietPasses = 2

/** The fields of a session that decide whether `keep` spares it. */
interface Ranked {
  readonly key: string
  readonly version: string
  readonly authenticatedAt: number
  readonly createdAt: number
}

/** Methods on all sessions of one person, and on everybody's. */
export class People {
  readonly #parts: StoreParts
  readonly #pages: Pages
  readonly #rewriting: Rewriting

  constructor(parts: StoreParts, pages: Pages, rewriting: Rewriting) {
    this.#parts = parts
    this.#pages = pages
    this.#rewriting = rewriting
  }

  /** Resolves with the live sessions of one person, oldest first. */
  async list<Data extends object>(ref: IdentityRef, limit: number): Promise<SessionSummary<Data>[]> {
    const found = new Map<string, SessionSummary<Data>>()
    for (const identityKey of this.#parts.codec.identityKeysOf(ref)) {
      if (found.size >= limit) break
      for await (const page of this.#pages.summaries<Data>(identityPage(identityKey), identityKey)) {
        for (const summary of page) found.set(summary.handle, summary)
        if (found.size >= limit) break
      }
    }
    return [...found.values()].sort(byCreation).slice(0, limit)
  }

  /**
   * Calls `change` for each session of one person and writes what it made. Resolves with how many sessions it wrote. A session
   * that is rotated meanwhile is missed under its old key, and the next pass finds it. Versions tell which ones are done.
   * A session whose change fails stays as it is, and the others are written all the same.
   * @throws the first failure, once every session has had its turn
   */
  async update<Data extends object>(ref: IdentityRef, change: SummaryChange<Data>): Promise<number> {
    if (typeof change !== 'function') throw invalidArgument('change must be a function', 'type')
    const done = new Set<string>()
    const failures: unknown[] = []
    let written = 0
    for (let passes = 0, hasMissed = true; hasMissed && passes < maxPasses; passes += 1) {
      hasMissed = false
      for await (const records of this.#ofPerson(ref)) {
        const left = records.filter((record) => !done.has(record.version) && this.#pages.readable(record).length > 0)
        const attempts = left.map(async ({ key, version }) => {
          try {
            const session = await this.#changeOne(key, change)
            if (session === null) {
              hasMissed = true
              return
            }
            written += 1
            done.add(session.version)
          } catch (error) {
            failures.push(error)
            done.add(version)
          }
        })
        await Promise.all(attempts)
      }
    }
    if (failures.length > 0) throw failures[0]
    return written
  }

  #changeOne<Data extends object>(key: string, change: SummaryChange<Data>): Promise<Session<Data> | null> {
    return this.#rewriting.change<Data>(key, '', ({ id: _none, ...summary }) => {
      const orSame = (changed: Awaited<ReturnType<typeof change>>) => ({ id: '', ...(changed ?? summary) })
      const changed = change(summary)
      return isThenable(changed) ? Promise.resolve(changed).then(orSame) : orSame(changed)
    })
  }

  /** Ends all sessions of one person but the one with this key. */
  async end(ref: IdentityRef, exceptKey: string | null): Promise<number> {
    let ended = 0
    for (const identityKey of this.#parts.codec.identityKeysOf(ref)) {
      const step = (cursor: string | null) =>
        this.#parts.backend.call(async (backend, now) =>
          backend.deleteByIdentity === undefined
            ? { ended: 0, cursor: null }
            : checkedStep(await backend.deleteByIdentity(identityKey, exceptKey, cursor, pageSize, now), 'ended'),
        )
      for await (const page of steps(step)) ended += page.ended
    }
    return ended
  }

  /**
   * Ends all sessions of one person but the newest. The first pass decides which session is the oldest that stays. Later
   * passes end every session that ranks below it. A rotation does not change the rank, so a rotated session is judged as
   * before.
   */
  async endOlder(ref: IdentityRef, keep: number, exceptKey: string | null): Promise<number> {
    const ifIdentityKeys = this.#parts.codec.identityKeysOf(ref)
    const found = await this.#ranked(ref)
    const others = found.filter(({ key }) => key !== exceptKey).sort(byRank)
    const excepted = found.filter(({ key }) => key === exceptKey)
    const newest = others.slice(0, Math.max(0, keep - excepted.length))
    const last = newest.at(-1)
    const kept = [...newest, ...excepted]
    const keys = new Set(kept.map(({ key }) => key))
    const versions = new Set(kept.map(({ version }) => version))
    const stays = (session: Ranked) =>
      keys.has(session.key) || versions.has(session.version) || (last !== undefined && byRank(session, last) < 0)
    const began = this.#parts.options.now()
    let ended = 0
    let doomed = others.filter((session) => !stays(session))
    for (let passes = 0; doomed.length > 0 && passes < maxPasses; passes += 1) {
      ended += await this.#deleteAll(
        doomed.map(({ key }) => key),
        ifIdentityKeys,
      )
      // A session that signed in after the call stays.
      doomed = (await this.#ranked(ref)).filter((session) => !stays(session) && rankOf(session) <= began)
    }
    return ended
  }

  /** Ends everybody's session. */
  async endEverybody(): Promise<number> {
    const { now } = this.#parts.options
    const began = now()
    // A session with a future createdAt was not made since the call: another clock is ahead, or a caller built it by hand.
    const wasThere = (record: SessionRecord | Error): record is SessionRecord =>
      !(record instanceof Error) && (record.createdAt <= began || record.createdAt > now())
    let ended = 0
    let quiet = 0
    for (let passes = 0; quiet < quietPasses && passes < maxPasses; passes += 1) {
      let hasFound = false
      for await (const { records, unreadableKeys = [] } of this.#pages.of(scanPage)) {
        const keys = [...records.flatMap((record) => (wasThere(record) ? [record.key] : [])), ...unreadableKeys]
        ended += await this.#deleteAll(keys)
        hasFound ||= keys.length > 0
      }
      quiet = hasFound ? 0 : quiet + 1
    }
    return ended
  }

  async *#ofPerson(ref: IdentityRef): AsyncGenerator<SessionRecord[], void, undefined> {
    for (const identityKey of this.#parts.codec.identityKeysOf(ref)) {
      for await (const { records } of this.#pages.of(identityPage(identityKey), identityKey)) {
        yield records.filter((record): record is SessionRecord => !(record instanceof Error))
      }
    }
  }

  /** Resolves with the rank of every session of a person. Unreadable sessions rank as the oldest. */
  async #ranked(ref: IdentityRef): Promise<Ranked[]> {
    const ranked = new Map<string, Ranked>()
    for (const identityKey of this.#parts.codec.identityKeysOf(ref)) {
      for await (const { records, unreadableKeys = [] } of this.#pages.of(identityPage(identityKey), identityKey)) {
        for (const key of unreadableKeys)
          ranked.set(key, { key, version: '', authenticatedAt: never, createdAt: never })
        for (const record of records) {
          if (record instanceof Error) continue
          const { key, version, createdAt } = record
          const authenticatedAt = this.#pages.readable(record)[0]?.authenticatedAt?.getTime() ?? never
          ranked.set(key, { key, version, authenticatedAt, createdAt })
        }
      }
    }
    return [...ranked.values()]
  }

  /** Deletes records and resolves with how many of them were live. */
  async #deleteAll(keys: readonly string[], ifIdentityKeys?: readonly string[]): Promise<number> {
    const condition = ifIdentityKeys && { ifIdentityKeys }
    const deleted = keys.map((key) =>
      this.#parts.coalescer.write({ kind: 'delete', key, ...condition }, (wasLive) => wasLive),
    )
    return (await Promise.all(deleted)).filter(Boolean).length
  }
}

const never = Number.NEGATIVE_INFINITY

function rankOf({ authenticatedAt, createdAt }: Ranked): number {
  return authenticatedAt === never ? createdAt : authenticatedAt
}

/** The newest first. */
function byRank(a: Ranked, b: Ranked): number {
  return compare(b.authenticatedAt, a.authenticatedAt) || compare(b.createdAt, a.createdAt)
}

function byCreation(a: SessionSummary<object>, b: SessionSummary<object>): number {
  return compare(a.createdAt.getTime(), b.createdAt.getTime()) || compare(a.handle, b.handle)
}

function compare<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}
