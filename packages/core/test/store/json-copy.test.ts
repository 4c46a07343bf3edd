import assert from 'node:assert/strict'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { isSessionError } from '../../src/contract/errors.ts'
import { copyJson, stringifyJson } from '../../src/store/encoding/json-copy.ts'

const cycle: Record<string, unknown> = {}
cycle.self = { again: cycle }
const withItemsAndMore = Object.assign([1], { extra: 1 })
const withSymbol = { [Symbol('s')]: 1 }
class Money {
  amount = 1
}
class List extends Array {}

const refused: [name: string, value: unknown, message: RegExp][] = [
  ['a Date', { cart: [1, { when: new Date() }] }, /^data\.cart\[1\]\.when: an instance of Date/],
  ['a BigInt', { n: 1n }, /^data\.n: a bigint/],
  ['a function', { f() {} }, /^data\.f: a function/],
  ['a symbol', { s: Symbol('x') }, /^data\.s: a symbol/],
  ['undefined', { u: undefined }, /^data\.u: undefined/],
  ['NaN', { n: Number.NaN }, /^data\.n: NaN/],
  ['Infinity', [Number.POSITIVE_INFINITY], /^data\[0\]: Infinity/],
  ['a cycle', cycle, /^data\.self\.again\.self.*…: a cycle/],
  ['a __proto__ key', JSON.parse('{"a":{"__proto__":{"admin":true}}}'), /^data\.a\.__proto__: the key __proto__ is never/],
  ['a Map', { m: new Map() }, /^data\.m: an instance of Map/],
  ['a class instance', { price: new Money() }, /^data\.price: an instance of Money/],
  ['an object without prototype', { q: Object.create(null) }, /^data\.q: an object without prototype/],
  // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested
  ['a hole', { a: [1, , 3] }, /^data\.a\[1\]: undefined/],
  ['an array with properties', { a: withItemsAndMore }, /^data\.a: an array would lose its properties/],
  ['an array subclass', { a: List.from([1]) }, /^data\.a: an instance of a subclass/],
  ['a symbol key', { o: withSymbol }, /^data\.o: a symbol key/],
  ['a hidden toJSON', { o: Object.defineProperty({}, 'toJSON', { value: () => 1 }) }, /^data\.o: its toJSON/],
  ['a key that is no identifier', { 'a b': [undefined] }, /^data\["a b"\]\[0\]: undefined/],
  ['a Date of another realm', { d: runInNewContext('new Date()') }, /^data\.d: an instance of Date/],
  ['a Map of another realm', { m: runInNewContext('new Map()') }, /^data\.m: an instance of Map/],
  [
    'an array subclass of another realm',
    runInNewContext('class L extends Array {}; L.from([1])'),
    /^data: an instance/,
  ],
  ['an array that inherits items', Object.setPrototypeOf([], [1]), /^data: an instance of a subclass/],
  ['an object that inherits', { o: Object.create({ inherited: 1 }) }, /^data\.o: an object with a prototype/],
  ['an object that inherits from one without prototype', Object.create(Object.create(null)), /^data: an object with/],
  ['an array with a toJSON', { a: Object.defineProperty([], 'toJSON', { value: () => 1 }) }, /^data\.a: its toJSON/],
]

describe('what JSON would lose or change', () => {
  it.each(refused)('is refused: %s', (_name, value, message) => {
    assert.throws(
      () => copyJson(value, 'data'),
      (error) => isSessionError(error, 'SESS_NOT_SERIALIZABLE') && message.test(error.message),
    )
  })

  it('is refused however deep it lies, and nesting that JSON itself can not walk too', () => {
    let deep: unknown = 1
    for (let level = 0; level < 100_000; level += 1) deep = [deep]
    assert.throws(
      () => copyJson(deep, 'data'),
      (error) => isSessionError(error, 'SESS_NOT_SERIALIZABLE'),
    )
  })
})

describe('the path in an error', () => {
  const secrets = [
    'Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0Z2FycGx5',
    '9f86d081884c7d659a2feaa0c55ad015',
    'ghp_16C7e42F292c6912',
    'sk_live_4eC39HqL',
    'aBcDeFgHiJkLmNoPqRsT',
    'ada@example.com',
    '4111 1111 1111 1111',
    '+4915112345678',
    'x'.repeat(33),
  ]

  it.each(secrets)('cuts a key short that is long, a secret or a person: %s', (key) => {
    for (const value of [{ [key]: undefined }, { list: [{ [key]: { a: 1n } }] }]) {
      assert.throws(
        () => copyJson(value, 'data'),
        (error) => isSessionError(error, 'SESS_NOT_SERIALIZABLE') && !error.message.includes(key.slice(0, 6)),
      )
    }
  })

  it.each(['cart', 'line_items', 'addressLine2', 'item_2024', 'internationalisationSettings', 'LAST_SEEN_FEATURE'])(
    'shows a name: %s',
    (key) => {
      assert.throws(
        () => copyJson({ [key]: undefined }, 'data'),
        (error) => (error as Error).message.includes(key),
      )
    },
  )
})

describe('a value of more bytes than the limit', () => {
  const tooLarge = (error: unknown) => isSessionError(error, 'SESS_TOO_LARGE')

  it('is not walked to its end', () => {
    let reads = 0
    const counted = <T extends object>(target: T): T =>
      new Proxy(target, {
        get(from, key, receiver) {
          reads += 1
          return Reflect.get(from, key, receiver)
        },
      })
    assert.throws(() => copyJson(counted(new Array(100_000).fill(1)), 'data', 1_000), tooLarge)
    expect(reads).toBeLessThan(3_000)
    reads = 0
    const keys = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, n]))
    assert.throws(() => copyJson({ deep: [counted(keys)] }, 'data', 1_000), tooLarge)
    expect(reads).toBeLessThan(3_000)
    reads = 0
    let shared: object = counted([1])
    for (let level = 0; level < 40; level += 1) shared = [shared, shared]
    assert.throws(() => copyJson(shared, 'data', 1_000), tooLarge)
    expect(reads).toBeLessThan(3_000)
  })

  it.each<[string, unknown]>([
    ['texts', { a: 'x'.repeat(50), ü: 'ß'.repeat(20) }],
    ['numbers', { a: [1, 22, 333], b: { c: -1.5 } }],
    ['nothing', { a: null, b: {}, c: [], d: [[], {}], '': '' }],
    ['escapes', { '"': '\n\u0001' }],
  ])('is told to the byte: %s', (_what, value) => {
    const bytes = Buffer.byteLength(JSON.stringify(value))
    expect(stringifyJson(copyJson(value, 'data', bytes), bytes)).toBe(JSON.stringify(value))
    assert.throws(() => stringifyJson(copyJson(value, 'data', bytes - 1), bytes - 1), tooLarge)
  })

  it('is told, too, where it is longer than any string can be', () => {
    const half = 'x'.repeat(2 ** 28)
    assert.throws(() => stringifyJson(copyJson([half, half, half], 'data')), tooLarge)
  })
})

describe('what JSON gives back as it was', () => {
  it('comes from any realm, and is of this one', () => {
    const foreign = runInNewContext('({ list: [{ n: 1 }, []], text: "x" })')
    const copy = copyJson({ foreign }, 'data')
    assert.deepStrictEqual(copy, { foreign: { list: [{ n: 1 }, []], text: 'x' } })
  })

  it.each([
    ['numbers', { zero: 0, negativeZero: -0, tiny: 5e-324, large: Number.MAX_VALUE, inner: [{ a: -0 }] }],
    ['texts', { emoji: '👩‍💻', nul: '\0', lone: '\ud800', quotes: `'"\`\\`, line: '\u2028\n', marks: '$1 ? % :name' }],
    ['shapes', { null: null, empty: {}, list: [[], [[]], {}], '': 1, constructor: 'x', toString: 'y' }],
  ])('%s', (_name, value) => {
    const copy = copyJson(value, 'data')
    assert.deepStrictEqual(JSON.parse(stringifyJson(copy)), value)
    assert.deepStrictEqual(copy, value)
  })

  it('shares nothing with the value it was made of', () => {
    const value = { list: [{ n: 1 }] }
    const copy = copyJson(value, 'data')
    value.list[0] = { n: 2 }
    value.list.push({ n: 3 })
    expect(copy).toEqual({ list: [{ n: 1 }] })
  })

  it('is text without NUL characters or lone surrogates, which a text column takes', () => {
    const text = stringifyJson(copyJson({ a: '\0\ud800' }, 'data'))
    expect(text.isWellFormed()).toBe(true)
    expect(text).not.toContain('\0')
  })
  it('is -0 too, also after a value that was refused', () => {
    assert.throws(() => copyJson([-0, Number.NaN], 'data'))
    expect(stringifyJson(copyJson({ a: 0, b: 1 }, 'data'))).toBe('{"a":0,"b":1}')
    assert.deepStrictEqual(JSON.parse(stringifyJson(copyJson({ a: -0 }, 'data'))), { a: -0 })
  })

  it('is what a getter gave, asked once', () => {
    let asked = 0
    const value = {
      get n() {
        asked += 1
        return asked
      },
    }
    expect(stringifyJson(copyJson(value, 'data'))).toBe('{"n":1}')
  })

  it('is without what a careless library added to every object', () => {
    const everyObject = Object.prototype as { added?: unknown }
    everyObject.added = () => {}
    try {
      assert.deepStrictEqual(Object.keys(copyJson({ n: 1 }, 'data')), ['n'])
    } finally {
      delete everyObject.added
    }
  })
})
