import type { CleanedPage } from '@sess/core'
import type { Buckets } from './buckets.ts'
import { bucketIndex, keyOfEntry } from './key-layout.ts'
import { instantText, maxLagMs } from './record-text.ts'
import { scripts } from './scripts.ts'

/** About how many entries one call looks at. */
const pageSize = 256
/** Later than any score. */
const latest = '9999999999999999'

/** How many sessions are live. Records are read where an index cannot tell, or where the server may have evicted some. */
export async function countLive(buckets: Buckets, now: number, readsAll: boolean): Promise<number> {
  const { layout } = buckets
  const first = instantText(now - maxLagMs)
  const counts = (await buckets.onIndexes(scripts.tally, layout.buckets, [instantText(now), first])).flat().map(Number)
  let live = 0
  // Those that lag behind their records.
  let places: Places = new Map()
  for (const [index] of layout.buckets.entries()) {
    if (!readsAll) live += counts[2 * index] as number
    places.set(index, counts[2 * index + 1] as number)
  }
  const last = readsAll ? latest : instantText(now)
  while (places.size > 0) {
    const { entries, next } = await page(buckets, places, last, pageSize)
    const answers = await buckets.onRecords(scripts.live, entries, [instantText(now)])
    live += answers.reduce<number>((sum, answer) => sum + Number(answer), 0)
    places = passOver(next, entries)
  }
  return live
}

/**
 * A step of removing expired records. The answer counts the sessions among them. The cursor holds for each bucket how many
 * entries have been passed over: those stay, though their score is past.
 */
export async function clean(
  kinds: readonly Buckets[],
  cursor: string | null,
  limit: number,
  now: number,
): Promise<CleanedPage> {
  const places: Places[] =
    cursor === null
      ? kinds.map(({ layout }) => new Map(layout.buckets.map((_, index) => [index, 0])))
      : (JSON.parse(cursor) as [number, number][][]).map((entries) => new Map(entries))
  const steps = await Promise.all(kinds.map((buckets, kind) => cleanOne(buckets, places[kind] as Places, limit, now)))
  const isDone = steps.every(({ next }) => next.size === 0)
  return {
    sessions: steps[0]?.removed ?? 0,
    cursor: isDone ? null : JSON.stringify(steps.map(({ next }) => [...next])),
  }
}

/** By the number of a bucket: the rank of its first entry that has not been looked at. */
type Places = Map<number, number>

async function cleanOne(buckets: Buckets, places: Places, limit: number, now: number) {
  const { entries, next } = await page(buckets, places, instantText(now), limit)
  const answers = await buckets.onEntries(scripts.clean, entries, [instantText(now), ''])
  const staying = answers.flatMap((answer) => (answer as string[]).slice(1))
  return {
    removed: answers.reduce<number>((sum, answer) => sum + Number((answer as unknown[])[0]), 0),
    next: passOver(next, staying),
  }
}

/** About `limit` entries with scores up to `last` from some places on; and the places of the buckets that may have more. */
async function page(buckets: Buckets, places: Places, last: string, limit: number) {
  const { layout } = buckets
  if (places.size === 0) return { entries: [], next: places }
  const most = Math.ceil(limit / places.size)
  const indexes = [...places.keys()].map((index) => layout.buckets[index] as string)
  const ranks = [...places.values()].map(String)
  const entries = (await buckets.onIndexes(scripts.walk, indexes, [String(most), last], ranks)).flat() as string[]
  const counts = countByBucket(entries)
  const next: Places = new Map([...places].filter(([bucket]) => counts.get(bucket) === most))
  return { entries, next }
}

/** How many of the entries are in each bucket. */
function countByBucket(entries: readonly string[]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const entry of entries) {
    const bucket = bucketIndex(keyOfEntry(entry))
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
  }
  return counts
}

/** The places behind entries that have been looked at and stay. */
function passOver(places: Places, staying: readonly string[]): Places {
  const counts = countByBucket(staying)
  return new Map([...places].map(([bucket, place]) => [bucket, place + (counts.get(bucket) ?? 0)]))
}
