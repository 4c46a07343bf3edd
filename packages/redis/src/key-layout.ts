import { hash } from 'node:crypto'

/**
 * Every key ends its hash tag with its bucket, so that a bucket lies in one slot of a Cluster:
 *
 * | key | type | holds |
 * | --- | --- | --- |
 * | `<prefix>{bucket}:<key>` | string | a record |
 * | `<prefix>{bucket}` | sorted set | the entries of the bucket's records, by expiry |
 * | `<prefix>{bucket}@` | sorted set | those of the sessions with an identity again, in the order of their bytes |
 *
 * An entry is `!` and the key for an anonymous session or a state. With an identity it is a short hash of the identityKey, the
 * session's series, and the key: so the second index has the sessions of one person side by side, and no key names a person.
 *
 * A session gets its series when it is created, and keeps it when a rotation gives it another key. So it keeps its place in
 * the order of its person's sessions, and who goes through them in steps does not miss one that is rotated meanwhile.
 *
 * Both indexes lie beside the records that they name, and a script knows their keys without having read anything: one
 * atomic step changes a record and its entries, on a Cluster too, and touches no key that it does not declare. Counting and
 * cleaning up never scan other applications' keys. The price: what asks for all sessions, or for all of one identity, looks
 * into every bucket.
 *
 * 64 buckets are few enough for that, and for a rotation, which on a Cluster draws ids until one falls into the old one's
 * bucket (0.1 ms). They are enough to spread over masters evenly: each of these tags lies in the middle of its own 256
 * slots of the 16,384, so with up to ten masters none has 10 % more than its share.
 */
const tags = (
  'mm 6q 9i e8 29 21 ap ax 0j kv dn df 3g o6 gc xw 8g d6 lc 02 g3 4c on 4r 99 91 1d m5 fm yy 2i iu ' +
  '7a k0 ce 8y 4l op x9 x1 jf 1z zj b3 ik 2w yg fs bk 9w 6o ms af an 5b i3 c5 dp kh 0t xi xa he 44'
).split(' ')

/** The keys of one kind of records: sessions or states. */
export class KeyLayout {
  /** The keys of all buckets, which are those of the indexes by expiry. */
  readonly buckets: readonly string[]
  /** The keys of the indexes by identity, in the same order. */
  readonly identityIndexes: readonly string[]

  constructor(prefix: string) {
    this.buckets = tags.map((tag) => `${prefix}{${tag}}`)
    this.identityIndexes = this.buckets.map((bucket) => `${bucket}@`)
  }

  /** The bucket in which the record with this key lies. */
  bucketOf(key: string): string {
    return this.buckets[bucketIndex(key)] as string
  }

  /** The record's own place. */
  recordKeyOf(key: string): string {
    return `${this.bucketOf(key)}:${key}`
  }
}

/** Whether two records lie in one bucket, and so in one slot. */
export function isSameBucket(key: string, otherKey: string): boolean {
  return bucketIndex(key) === bucketIndex(otherKey)
}

/** The number of the bucket in which the record with this key lies. */
export function bucketIndex(key: string): number {
  const hash = spread(key)
  // The low bits of FNV-1a are weaker than those that it folds from above.
  return (hash ^ (hash >>> 16)) & (tags.length - 1)
}

/** The series of a session that is created under this key. */
export function seriesOf(key: string): string {
  return (spread(key) >>> 8).toString(16).padStart(seriesLength, '0')
}

const personLength = 11
const seriesLength = 6

/** The beginning of the entries of a person's sessions. Two persons may share it, so every reader checks the record. */
export function personOf(identityKey: string): string {
  return hash('sha1', identityKey).slice(0, personLength)
}

/** The key of the record that an entry names. */
export function keyOfEntry(entry: string): string {
  return entry.slice(entry.startsWith('!') ? 1 : personLength + seriesLength)
}

/** The place of an entry among those of its person. */
export function seriesOfEntry(entry: string): string {
  return entry.slice(personLength, personLength + seriesLength)
}

/** FNV-1a: ids that are kept plain may have any form, and are spread as well as hashed ones. */
function spread(key: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return hash
}
