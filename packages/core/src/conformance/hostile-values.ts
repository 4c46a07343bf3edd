class Money {
  readonly amount = 1
}

function cyclic(): object {
  const value: Record<string, unknown> = { n: 1 }
  value.self = value
  return value
}

/** What a caller may put into data by mistake. JSON.stringify drops, changes or throws at most of these. */
export const doubtful: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  'undefined-in-array': () => [1, undefined, 3],
  'undefined-property': () => ({ kept: 1, lost: undefined }),
  'negative-zero': () => -0,
  nan: () => Number.NaN,
  infinity: () => Number.NEGATIVE_INFINITY,
  date: () => new Date(0),
  bigint: () => 10n,
  function: () => () => 1,
  symbol: () => Symbol('s'),
  'symbol-key': () => ({ [Symbol('s')]: 1 }),
  cycle: cyclic,
  'proto-key': () => JSON.parse('{"__proto__":{"admin":true},"a":1}'),
  'class-instance': () => new Money(),
  'null-prototype': () => Object.assign(Object.create(null), { a: 1 }),
  'sparse-array': () => {
    const list = [1, 2, 3]
    delete list[1]
    return list
  },
  'array-with-properties': () => Object.assign([1, 2], { extra: 3 }),
  'own-to-json': () => ({ a: 1, toJSON: () => 'replaced' }),
  map: () => new Map([['a', 1]]),
  set: () => new Set([1]),
  'reg-exp': () => /a/g,
  error: () => new Error('e'),
  buffer: () => Buffer.from('abc'),
  'typed-array': () => new Uint8Array([1, 2]),
  'boxed-string': () => Object('boxed'),
  'boxed-number': () => Object(1),
}

/** Every kind of text that a driver, a query or an encoding has ever stumbled over. */
export const texts: readonly string[] = [
  '',
  ' ',
  'a\0b',
  '\0',
  '\ud800',
  'a\udc00b',
  '\ud83d',
  '😀',
  '👩‍👩‍👧‍👦',
  'é',
  'e\u0301',
  '\u2028\u2029',
  '\ufeffbom',
  '\u202eright to left',
  "'",
  "''; DROP TABLE sessions; --",
  '"',
  '\\',
  '\\u0000',
  '\\ud800',
  '`',
  '$1',
  '${'.concat('x}'),
  '?',
  '%s',
  ':name',
  '@p1',
  '*',
  '[a-z]',
  '{tag}',
  '\r\n\t',
  '\u007f\u0080\u009f',
  '\uffff\ufffe\ufffd',
  'true',
  'null',
  '2001-02-03T04:05:06.789Z',
  'constructor',
  'toString',
  'hasOwnProperty',
]

/** Numbers at the edges of a double, and of the integers that a driver may take them for. */
export const numbers = [
  0,
  -0,
  1,
  -1,
  0.1 + 0.2,
  1e21,
  1e-7,
  5e-324,
  1.7976931348623157e308,
  2 ** 53 - 1,
  -(2 ** 53),
  2 ** 31,
  2 ** 63,
]
