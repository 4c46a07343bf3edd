/** How many bytes each field of a record's header has. The instants that a script compares have 16 decimal digits. */
const widths = {
  /** `sess`, the number of the record's layout, and the number of the lowest layout whose readers can read it. */
  layout: 6,
  /** The header's length, in base 36. */
  length: 2,
  expiresAt: 16,
  /** The instant by which the record is indexed. */
  indexed: 16,
  /** In base 36, as the three below that no script compares. */
  lastSeenAt: 11,
  deadline: 16,
  /** With a sign in front. */
  createdAt: 12,
  /** Hexadecimal digits. See key-layout.ts. */
  series: 6,
  ttlMs: 9,
} as const

export type Field = keyof typeof widths

/** Fields that stand one after another in a string, counted in bytes from 1, as Lua counts. */
export interface Fields {
  /** The first byte of a field. */
  from(field: Field): number
  /** The first and the last byte of a field, or of some fields that stand together: the arguments of `string.sub`. */
  place(first: Field, last?: Field): string
  /** The first byte behind all of them. */
  readonly after: number
}

function inOrder(...names: readonly Field[]): Fields {
  const starts = new Map<Field, number>()
  let after = 1
  for (const name of names) {
    starts.set(name, after)
    after += widths[name]
  }
  const from = (field: Field): number => {
    const start = starts.get(field)
    if (start === undefined) throw new Error(`no ${field} stands here`)
    return start
  }
  return { from, after, place: (first, last = first) => `${from(first)}, ${from(last) + widths[last] - 1}` }
}

/** The header of a stored record. A later layout adds fields behind these. */
export const header = inOrder(
  'layout',
  'length',
  'expiresAt',
  'indexed',
  'lastSeenAt',
  'deadline',
  'createdAt',
  'series',
  'ttlMs',
)

/** The beginning of the operand of a write that brings a whole record: `insert`, `put` and `putState`. The rest of the record follows. */
export const whole = inOrder('lastSeenAt', 'deadline', 'createdAt', 'series', 'ttlMs')

/** The beginning of the operand of `replace` and `compareAndSwap`, which keep the other fields as they are stored. */
export const changed = inOrder('lastSeenAt')

/** The beginning of the operand of `rotate`. */
export const rotated = inOrder('lastSeenAt', 'deadline', 'ttlMs')

/** The operand with the times of a write. The TTL follows, in milliseconds. */
export const times = inOrder('expiresAt', 'indexed')

/** A script's reply to a write that leaves a record: what the store tells of it. */
export const reply = inOrder('expiresAt', 'deadline', 'createdAt', 'ttlMs')
