import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson } from '../../src/store/encoding/json-parse.ts'

describe('a key with an escape', () => {
  test('is its own, whatever was parsed before it', () => {
    for (const before of ['\\', '\\"', '\\n', 'a\\', 'a\\b']) {
      JSON.parse(JSON.stringify({ h: [], [before]: 0 }))
      for (const key of ['"', '\n', '\r', '\t', '\b', '\f', '\u0001', '\\', 'a"', 'a\n', 'a\\', '\\n', '\\"']) {
        const value = { h: 1, [key]: 2 }
        assert.deepStrictEqual(parseJson(JSON.stringify(value)), value)
      }
    }
  })

  test('is found wherever it stands, also where white space is around it', () => {
    JSON.parse('{"h":[],"\\\\":0}')
    const text = '[ { "x" : "a\\\\\\"b" } , { "h" : -1.5e3 , "\\"" \n:\t[ true , null , { } , [ ] , "\\n" ] } ]'
    assert.deepStrictEqual(parseJson(text), [{ x: 'a\\"b' }, { h: -1500, '"': [true, null, {}, [], '\n'] }])
  })

  test('and any other JSON come back as they were', () => {
    const key = fc.string({ unit: fc.constantFrom('\\', '"', '\n', '\u0001', 'a', 'n', ':', ' '), maxLength: 4 })
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        fc.constantFrom<unknown>(null, true, -0, 1.5e300, 0),
        key,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }))
    fc.assert(
      fc.property(value, (given) => {
        const text = JSON.stringify(given, (_key, inner) => (Object.is(inner, -0) ? 0 : inner))
        expect(JSON.stringify(parseJson(text))).toBe(text)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('undefined is what comes of', () => {
  test.each([
    ['no JSON', '{"a":1'],
    ['nothing', ''],
    ['a key __proto__', '{"data":{"__proto__":{"admin":true}}}'],
    ['a key __proto__ in white space', '{ "__proto__" : 1 }'],
    ['a key __proto__ that is written with escapes', '{"\\u005f_proto__":1}'],
    ['a key __proto__ beside one with an escape', '{"a\\n":{"b":[{"__proto__":1}]}}'],
    ['a key with an escape under ten thousand lists', `${'['.repeat(10_000)}{"\\n":1}${']'.repeat(10_000)}`],
  ])('%s', (_what, text) => {
    expect(parseJson(text)).toBeUndefined()
  })

  test('and not of what only looks like a key __proto__', () => {
    for (const value of [
      ['__proto__'],
      { a: '__proto__' },
      { 'x"__proto__': 1 },
      { a: '"__proto__":' },
      { __proto: 1 },
    ]) {
      assert.deepStrictEqual(parseJson(JSON.stringify(value)), value)
    }
  })
})

test('a long text of escapes is looked through once', () => {
  const value = { text: '\n"'.repeat(500_000) }
  const started = performance.now()
  assert.deepStrictEqual(parseJson(JSON.stringify(value)), value)
  expect(performance.now() - started).toBeLessThan(5_000)
})
