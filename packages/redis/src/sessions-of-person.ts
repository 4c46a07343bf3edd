import { type RecordPage, type RemovedPage, SessionError, type SessionRecord } from '@sess/core'
import type { Buckets } from './buckets.ts'
import { bucketIndex, keyOfEntry, personOf, seriesOfEntry } from './key-layout.ts'
import { instantText } from './record-text.ts'
import { scripts } from './scripts.ts'

/** A session that is rotated without a pause is caught at about every second try. */
const mostTries = 100

/** A step's entries, and the series from which the next step goes on; null after the last. */
interface Step {
  readonly entries: readonly string[]
  readonly next: string | null
}

/**
 * The sessions of one person, through all buckets at once in the order of their series. A rotation keeps a session's series,
 * so it moves no session to a place that a walk has passed; whoever begins a session meanwhile may be met or not, and the walk
 * ends, as the series do.
 */
export class SessionsOfPerson {
  readonly #buckets: Buckets
  readonly #read: (keys: readonly string[]) => Promise<(SessionRecord | Error | null)[]>

  constructor(buckets: Buckets, read: (keys: readonly string[]) => Promise<(SessionRecord | Error | null)[]>) {
    this.#buckets = buckets
    this.#read = read
  }

  async list(identityKey: string, cursor: string | null, limit: number, now: number): Promise<RecordPage> {
    const { from, tries } = placeOf(cursor)
    const { entries, next } = await this.#step(identityKey, from, limit)
    if (entries.length === 0) return { records: [], cursor: next }
    const keys = entries.map(keyOfEntry)
    const found = await this.#read(keys)
    const unreadableKeys = keys.filter((_key, index) => found[index] instanceof Error)
    const isOfPerson = (record: SessionRecord | null) => record?.identityKey === identityKey
    // A script that was interrupted may have left an entry whose record has ended, or is another person's by now.
    const stale = entries.filter((_, index) => {
      const record = found[index] as SessionRecord | Error | null
      return !(record instanceof Error || isOfPerson(record))
    })
    const moved = stale.length === 0 ? [] : await this.#buckets.onEntries(scripts.mend, stale, [instantText(now), ''])
    const records = found.filter(
      (record) => record instanceof Error || (isOfPerson(record) && (record as SessionRecord).expiresAt > now),
    ) as (SessionRecord | Error)[]
    return { records, unreadableKeys, cursor: cursorOf(moved.flat() as string[], next, tries) }
  }

  async delete(
    identityKey: string,
    exceptKey: string | null,
    cursor: string | null,
    limit: number,
    now: number,
  ): Promise<RemovedPage> {
    const { from, tries } = placeOf(cursor)
    const { entries, next } = await this.#step(identityKey, from, limit)
    const ending = entries.filter((entry) => keyOfEntry(entry) !== exceptKey)
    const answers = await this.#buckets.onEntries(scripts.revoke, ending, [instantText(now), identityKey])
    const moved = answers.flatMap((answer) => (answer as string[]).slice(1))
    const ended = answers.reduce<number>((sum, answer) => sum + Number((answer as unknown[])[0]), 0)
    return { ended, cursor: cursorOf(moved, next, tries) }
  }

  /** About `limit` entries from a series on, in all buckets. */
  async #step(identityKey: string, from: string, limit: number): Promise<Step> {
    const { identityIndexes } = this.#buckets.layout
    const person = personOf(identityKey)
    // The step goes as far as the bucket that reaches least far. It uses about 115 of 384 entries that are found.
    for (let most = Math.ceil((1.5 * limit) / identityIndexes.length); ; most *= 4) {
      const bounds = [`[${person}${from}`, `(${person}g`, String(most)]
      const entries = (await this.#buckets.onIndexes(scripts.find, identityIndexes, bounds)).flat() as string[]
      const next = reach(entries, most)
      if (next === null) return { entries, next }
      const within = entries.filter((entry) => seriesOfEntry(entry) < next)
      if (within.length > 0) return { entries: within, next }
      // More sessions than that have one series, and a step must not divide a series.
    }
  }
}

/** The first series that some bucket may have more of; null where each has shown all that it has. */
function reach(entries: readonly string[], most: number): string | null {
  let next: string | null = null
  for (const ofBucket of Map.groupBy(entries, (entry) => bucketIndex(keyOfEntry(entry))).values()) {
    if (ofBucket.length < most) continue
    const last = seriesOfEntry(ofBucket.at(-1) as string)
    if (next === null || last < next) next = last
  }
  return next
}

function placeOf(cursor: string | null): { from: string; tries: number } {
  const [from = '', tries = '0'] = cursor?.split(' ') ?? []
  return { from, tries: Number(tries) }
}

/** The next step begins with a session that was rotated between the two calls of this one: its series is the same. */
function cursorOf(moved: readonly string[], next: string | null, tries: number): string | null {
  if (moved.length === 0) return next
  if (tries >= mostTries) {
    throw new SessionError(
      'SESS_UNAVAILABLE',
      `Redis: a session was rotated ${mostTries} times before it could be reached`,
    )
  }
  const [first] = moved.map(seriesOfEntry).sort()
  return `${first} ${tries + 1}`
}
