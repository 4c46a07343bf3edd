import type { Connection } from './connection.ts'
import { bucketIndex, type KeyLayout, keyOfEntry } from './key-layout.ts'
import type { Script } from './scripts.ts'

/** So many entries take a server about a millisecond: to look at, and to remove with their records. */
const mostEntries = 64

/** Calls of scripts on the buckets of one kind of records: all in one call, or on a Cluster each bucket by itself. */
export class Buckets {
  readonly layout: KeyLayout
  readonly #connection: Connection

  constructor(connection: Connection, layout: KeyLayout) {
    this.#connection = connection
    this.layout = layout
  }

  /** Calls a script on some buckets' indexes; `perKey` are arguments of which each index has one. One answer per call. */
  onIndexes(
    script: Script,
    indexes: readonly string[],
    args: readonly string[],
    perKey: readonly string[] = [],
  ): Promise<unknown[]> {
    return this.#connection.isCluster
      ? Promise.all(
          indexes.map((index, at) => this.#connection.run(script, [index], [...args, ...perKey.slice(at, at + 1)])),
        )
      : Promise.all(indexes.length === 0 ? [] : [this.#connection.run(script, indexes, [...args, ...perKey])])
  }

  /** Calls a script with entries and all keys that these stand for, a few of them in each call. One answer per call. */
  onEntries(script: Script, entries: readonly string[], args: readonly [string, string]): Promise<unknown[]> {
    const calls: { keys: string[]; args: string[]; left: number }[] = []
    for (const [bucket, ofBucket] of this.#byBucket(entries)) {
      for (let at = 0; at < ofBucket.length; ) {
        const last = calls.at(-1)
        const isFull = last === undefined || last.left === 0 || this.#connection.isCluster
        const call = isFull ? { keys: [], args: [...args], left: mostEntries } : last
        if (isFull) calls.push(call)
        const some = ofBucket.slice(at, at + call.left)
        call.keys.push(this.layout.buckets[bucket] as string, this.layout.identityIndexes[bucket] as string)
        call.keys.push(...some.map((entry) => this.layout.recordKeyOf(keyOfEntry(entry))))
        call.args.push(String(some.length), ...some)
        call.left -= some.length
        at += some.length
      }
    }
    return Promise.all(calls.map((call) => this.#connection.run(script, call.keys, call.args)))
  }

  /** Calls a script with the records of entries. One answer per call. */
  onRecords(script: Script, entries: readonly string[], args: readonly string[]): Promise<unknown[]> {
    const keysOf = (some: readonly string[]) => some.map((entry) => this.layout.recordKeyOf(keyOfEntry(entry)))
    const groups = this.#connection.isCluster ? [...this.#byBucket(entries).values()] : [entries]
    return Promise.all(
      groups.filter((group) => group.length > 0).map((group) => this.#connection.run(script, keysOf(group), args)),
    )
  }

  #byBucket(entries: readonly string[]): Map<number, string[]> {
    return Map.groupBy(entries, (entry) => bucketIndex(keyOfEntry(entry)))
  }
}
