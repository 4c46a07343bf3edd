import { describe, expect, test } from 'vitest'
import {
  boolean,
  type ConfigField,
  choice,
  duration,
  durationOrNever,
  field,
  identifier,
  instance,
  integer,
  keyPrefix,
  text,
  url,
} from '../../src/config/fields.ts'
import { parseOptions, storeConfig } from '../../src/config/store-config.ts'

const bad = (...problems: string[]) =>
  expect.objectContaining({
    code: 'SESS_CONFIG',
    message: ['Bad options for a fake store:', ...problems].join('\n- '),
  })

describe('the keys of a config', () => {
  const schema = storeConfig({ sessionPrefix: keyPrefix(), table: identifier() })
  const parse = (options: object) => parseOptions('fake', schema, options)

  test('may be written in camelCase and in snake_case', () => {
    expect(parse({ sessionPrefix: 'a', timeout_ms: 5 })).toEqual({ sessionPrefix: 'a', timeoutMs: 5 })
    expect(parse({ session_prefix: 'a', timeoutMs: 5 })).toEqual({ sessionPrefix: 'a', timeoutMs: 5 })
  })

  test('may not be written in both', () => {
    expect(() => parse({ sessionPrefix: 'a', session_prefix: 'a' })).toThrow(
      bad("session_prefix: is given as 'sessionPrefix' too"),
    )
  })

  test('are left out by undefined and null', () => {
    expect(parse({ table: undefined, sessionPrefix: null, session_prefix: 'a' })).toEqual({ sessionPrefix: 'a' })
    expect(parseOptions('fake', schema, undefined)).toEqual({})
  })

  test.each([
    [{ tabel: 1 }, "tabel: unknown key, did you mean 'table'?"],
    [{ sessionprefix: 1 }, "sessionprefix: unknown key, did you mean 'sessionPrefix'?"],
    [{ session_prefx: 1 }, "session_prefx: unknown key, did you mean 'session_prefix'?"],
    [{ Session_Prefix: 1 }, "Session_Prefix: unknown key, did you mean 'session_prefix'?"],
    [{ colour: null }, 'colour: unknown key'],
    [{ constructor: 1 }, 'constructor: unknown key'],
    [JSON.parse('{"__proto__":{"table":"a"}}'), '__proto__: unknown key'],
    [{ 'password: hunter2': 1 }, "['…']: unknown key"],
  ])('are known, or a problem: %j', (options, problem) => {
    expect(() => parse(options)).toThrow(bad(problem))
    expect(({} as { table?: string }).table).toBeUndefined()
  })

  test('come with every problem at once', () => {
    expect(() => parse({ table: 'a"b', tabel: 1, ttl: 0, ids: 'raw' })).toThrow(
      bad(
        'table: must be a letter or _ followed by letters, digits or _, 63 characters at most',
        "tabel: unknown key, did you mean 'table'?",
        "ttl: must be a number of milliseconds or a duration such as '24h', '2h30m' or '500ms'",
        "ids: must be 'hashed' or 'plain'",
      ),
    )
  })

  test('are those of an object', () => {
    for (const options of [[], 'a', 5, new Map(), new Date()]) {
      expect(() => parse(options as object)).toThrow(bad('must be an object'))
    }
  })
})

describe('the rules between fields', () => {
  const schema = storeConfig(
    { path: text(), database: text(), host: text(), address: text() },
    { oneOf: ['path', 'database'], atMostOneOf: ['host', 'address'] },
  )
  const parse = (options: object) => parseOptions('fake', schema, options)

  test('demand exactly one of some fields', () => {
    expect(parse({ path: 'a' })).toEqual({ path: 'a' })
    expect(() => parse({})).toThrow(bad("must have 'path' or 'database'"))
    expect(() => parse({ path: 'a', database: 'b' })).toThrow(bad("database: can't be given together with 'path'"))
  })

  test('forbid two of some fields', () => {
    expect(() => parse({ path: 'a', host: 'a', address: 'b' })).toThrow(
      bad("address: can't be given together with 'host'"),
    )
  })

  test('count a field that is given badly as given', () => {
    expect(() => parse({ path: 5 })).toThrow(bad('path: must be a non-empty string (put a number into quotes)'))
  })
})

describe('the options of every store', () => {
  const parse = (options: object) => parseOptions('fake', storeConfig({}), options)

  test('are read from what code gives and from strings', () => {
    const functions = { now: () => 5, onBackgroundError: () => {}, generateId: () => 'id' }
    const numbers = { timeoutMs: 1, maxBytes: 2, maxPending: 3, maxPendingBytes: 4 }
    const strings = { timeout_ms: '1', max_bytes: '2', max_pending: '3', max_pending_bytes: '4' }
    expect(parse({ ...functions, ...numbers, ttl: 5, ids: 'plain', coalesce: false, cleanupInterval: false })).toEqual({
      ...functions,
      ...numbers,
      ttl: 5,
      ids: 'plain',
      coalesce: false,
      cleanupInterval: false,
    })
    expect(parse({ ...strings, ttl: '1h', coalesce: 'false', cleanup_interval: 'false' })).toEqual({
      ...numbers,
      ttl: 3_600_000,
      coalesce: false,
      cleanupInterval: false,
    })
  })

  test('can be read again from what was read', () => {
    const once = parse({ ttl: '1h', cleanupInterval: '10m', coalesce: 'true', timeoutMs: '7' })
    expect(parse(once)).toEqual(once)
  })

  test('may have a rule of the store itself', () => {
    const strict = storeConfig({ ttl: integer({ min: 5 }) })
    expect(() => parseOptions('fake', strict, { ttl: 4 })).toThrow(
      bad('ttl: must be a whole number from 5 to 9007199254740991'),
    )
  })
})

const functionField = instance<() => void>('a function', (value) => typeof value === 'function')
const evenField = field<number>('must be even', (value) => (Number(value) % 2 === 0 ? Number(value) : undefined))

describe('a field', () => {
  const client = new (class Client {})()
  const noop = () => {}

  test.each<[string, ConfigField<unknown>, unknown, unknown]>([
    ['a duration in ms', duration(), 5, 5],
    ['a duration', duration(), '2h30m', 9_000_000],
    ['a duration or never', durationOrNever(), '10m', 600_000],
    ['never', durationOrNever(), false, false],
    ['zero', integer(), 0, 0],
    ['an integer', integer({ min: -5 }), -5, -5],
    ['an integer in a string', integer(), '15', 15],
    ['true in a string', boolean(), 'true', true],
    ['false', boolean(), false, false],
    ['a choice', choice(['a', 'b']), 'b', 'b'],
    ['a text', text(), 'a b', 'a b'],
    ['an empty text', text({ empty: true }), '', ''],
    ['an identifier', identifier(), '_Sess1', '_Sess1'],
    ['the longest identifier', identifier(), 'a'.repeat(63), 'a'.repeat(63)],
    ['a prefix with glob characters', keyPrefix(), 'a*?[b]\\', 'a*?[b]\\'],
    ['a URL', url(['redis', 'rediss']), 'rediss://:p@h:1/0', 'rediss://:p@h:1/0'],
    ['a URL of two hosts', url(['postgres']), 'postgres://u:p@h:1,i:2/db', 'postgres://u:p@h:1,i:2/db'],
    ['an instance, the same', instance('a client', () => true), client, client],
    ['a function, the same', functionField, noop, noop],
    ['a rule of its own', evenField, '4', 4],
  ])('takes %s', (_, schema, value, expected) => {
    expect((parseOptions('fake', storeConfig({ it: schema }), { it: value }) as { it: unknown }).it).toBe(expected)
  })

  test.each<[string, ConfigField<unknown>, unknown]>([
    ['a duration without a unit', duration(), '3600'],
    ['a duration of zero', duration(), 0],
    ['false as a duration', duration(), false],
    ['true as never', durationOrNever(), true],
    ['a fraction', integer(), 1.5],
    ['a fraction in a string', integer(), '1.5'],
    ['hexadecimal digits', integer(), '0x10'],
    ['an empty string as a number', integer(), ''],
    ['a boolean as a number', integer(), true],
    ['too small a number', integer({ min: 1 }), 0],
    ['too large a number', integer({ max: 15 }), '16'],
    ['an unsafe number', integer(), '9007199254740993'],
    ['yes', boolean(), 'yes'],
    ['1 as a boolean', boolean(), 1],
    ['another choice', choice(['a', 'b']), 'c'],
    ['an empty text', text(), ''],
    ['a number as a text', text(), 123456],
    ['NUL in a text', text(), 'a\0b'],
    ['a quote in an identifier', identifier(), 'a"b'],
    ['a backtick in an identifier', identifier(), 'a`b'],
    ['a dot in an identifier', identifier(), 'a.b'],
    ['a space in an identifier', identifier(), 'a b'],
    ['a leading digit in an identifier', identifier(), '1a'],
    ['a letter beyond ASCII in an identifier', identifier(), 'séss'],
    ['the Kelvin sign in an identifier', identifier(), '\u212aeys'],
    ['a line feed after an identifier', identifier(), 'a\n'],
    ['too long an identifier', identifier(), 'a'.repeat(64)],
    ['an empty identifier', identifier(), ''],
    ['an empty prefix', keyPrefix(), ''],
    ['too long a prefix', keyPrefix(), 'a'.repeat(129)],
    ['a line feed in a prefix', keyPrefix(), 'a\n'],
    ['a letter beyond ASCII in a prefix', keyPrefix(), 'é'],
    ['a URL of another scheme', url(['redis']), 'http://h'],
    ['a URL with a bad port', url(['redis']), 'redis://h:99999'],
    ['no URL', url(['redis']), 'redis'],
    ['a URL object', url(['redis']), new URL('redis://h')],
    ['a string as an instance', instance('a client', () => true), 'client'],
    ['another instance', functionField, {}],
    ['what breaks its own rule', evenField, 3],
  ])('refuses %s', (_, schema, value) => {
    const message = expect.stringMatching(/^Bad options for a fake store:\n- it: must be [^\n]+$/)
    expect(() => parseOptions('fake', storeConfig({ it: schema }), { it: value })).toThrow(
      expect.objectContaining({ code: 'SESS_CONFIG', message }),
    )
  })
})
