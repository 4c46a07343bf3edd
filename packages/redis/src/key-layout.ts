/**
 * Every key ends its hash tag with its bucket, so that a bucket lies in one slot of a Cluster:
 *
 * | key | type | holds |
 * | --- | --- | --- |
 * | `<prefix>{bucket}:<key>` | string | a record |
 * | `<prefix>{bucket}` | sorted set | the keys of the bucket's records by expiry |
 * | `<prefix>{bucket}@<identityKey>` | sorted set | those of one identity's sessions in this bucket, by expiry |
 *
 * Both indexes lie beside the records that they name. One script changes record and indexes in one atomic step, on a
 * Cluster too, so an index can't lose an entry to a race; counting and cleaning up never scan other applications' keys.
 * The price: what asks for all sessions, or for all of one identity, looks into every bucket.
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
  /** The keys of all buckets. */
  readonly buckets: readonly string[]

  constructor(prefix: string) {
    this.buckets = tags.map((tag) => `${prefix}{${tag}}`)
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

/** FNV-1a: ids that are kept plain may have any form, and are spread as well as hashed ones. */
function bucketIndex(key: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  // The low bits of FNV-1a are weaker than those that it folds from above.
  return (hash ^ (hash >>> 16)) & (tags.length - 1)
}
