import { afterEach, describe, expect, test } from 'vitest'
import { identifier, integer, keyPrefix, url } from '../../src/config/fields.ts'
import { parseOptions, storeConfig } from '../../src/config/store-config.ts'
import { openStore } from '../../src/registry/open-store.ts'
import { registerStore } from '../../src/registry/registry.ts'
import { fakeDefinition, schemaOf } from './fake-store.ts'

const undo: (() => void)[] = []
const register = (...args: Parameters<typeof registerStore>) => undo.unshift(registerStore(...args))
afterEach(() => {
  for (const restore of undo.splice(0)) restore()
})

async function problemsOf(input: unknown): Promise<string[]> {
  const error = await openStore(input).then(
    () => expect.unreachable('it opened'),
    (error) => error,
  )
  expect(error).toMatchObject({ code: 'SESS_CONFIG', retryable: false })
  const [, ...lines] = error.message.split('\n- ')
  return lines
}

const ownConfig = storeConfig({ url: url(['fake']), table: identifier(), db: integer(), sessionPrefix: keyPrefix() })

test('every problem is named at once, with its path as the user wrote it', async () => {
  register(fakeDefinition({ config: ownConfig }))
  const config = { session_prefix: '', db: 1.5, ttl: '24 hours', tabel: 'a', url: 'http://host', table: 'a"b' }
  expect(await problemsOf({ type: 'fake', config, confg: {}, name: 'x' })).toEqual([
    "confg: unknown key, did you mean 'config'?",
    "name: unknown key, only 'type' and 'config' stand here",
    'config.session_prefix: must be 1 to 128 printable ASCII characters',
    'config.db: must be a whole number from 0 to 9007199254740991',
    "config.ttl: must be a number of milliseconds or a duration such as '24h', '2h30m' or '500ms'",
    "config.tabel: unknown key, did you mean 'table'?",
    'config.url: must be a URL that begins with fake:',
    'config.table: must be a letter or _ followed by letters, digits or _, 63 characters at most',
  ])
})

test('a bad parameter of a URL is named like a key', async () => {
  register(fakeDefinition({ config: ownConfig }))
  expect(await problemsOf('fake://host?tabel=x&db=one')).toEqual([
    "config.tabel: unknown key, did you mean 'table'?",
    'config.db: must be a whole number from 0 to 9007199254740991',
  ])
})

describe('what is neither a URL nor { type, config } is a problem:', () => {
  test.each([
    ['a number', 5],
    ['a boolean', true],
    ['an array', ['memory']],
    ['a URL object', new URL('fake://user:secret@host')],
    ['a Map', new Map([['type', 'fake']])],
    ['a class instance', new (class Config {})()],
  ])('%s', async (_, input) => {
    register(fakeDefinition({ type: 'memory' }))
    expect(await problemsOf(input)).toEqual(['must be a URL string or an object { type, config }'])
  })

  test.each([[5], [''], [['fake']], [{}]])('a type of %j', async (type) => {
    expect(await problemsOf({ type, cfg: 1 })).toEqual([
      "type: must be a store's name, such as 'redis'",
      expect.stringMatching(/^cfg: unknown key/),
    ])
  })

  test.each([[5], ['ttl: 24h'], [['a']]])('a config of %j', async (config) => {
    register(fakeDefinition({ config: ownConfig }))
    expect(await problemsOf({ type: 'fake', config })).toEqual(['config: must be an object'])
  })
})

describe('an unset variable is no wish for memory:', () => {
  test.each([[undefined], [null]])('%s', async (input) => {
    register(fakeDefinition({ type: 'memory' }))
    const problem = `must be a URL string or an object { type, config }, not ${input}: is a variable unset?`
    expect(await problemsOf(input)).toEqual([problem])
    expect(await problemsOf({ session_store: input })).toEqual([`session_store: ${problem}`])
  })
})

describe('a whole document', () => {
  test('has its problems told with the path in it', async () => {
    register(fakeDefinition({ config: ownConfig }))
    const document = { server: { port: 1 }, session_store: { type: 'fake', confg: {}, config: { tabel: 'a' } } }
    expect(await problemsOf(document)).toEqual([
      "session_store.confg: unknown key, did you mean 'config'?",
      "session_store.config.tabel: unknown key, did you mean 'table'?",
    ])
  })

  test('is not taken for a store of its own', async () => {
    register(fakeDefinition())
    expect(await problemsOf({ type: 'fake', session_store: { type: 'fake' } })).toEqual([
      "session_store: can't be given together with 'type'",
    ])
  })
})

describe('a duration in an object', () => {
  test('has a unit: a bare number is answered with both ways to read it', async () => {
    register(fakeDefinition({ config: ownConfig }))
    const problem = "must have a unit: '86400s' is 86400 seconds, '86400ms' is 86400 milliseconds"
    expect(await problemsOf({ type: 'fake', config: { ttl: 86_400, cleanup_interval: 86_400 } })).toEqual([
      `config.ttl: ${problem}`,
      `config.cleanup_interval: ${problem}`,
    ])
    expect(await problemsOf({ type: 'fake', config: { ttl: -1.5 } })).toEqual([
      "config.ttl: must be a duration with a unit, such as '24h' or '500ms'",
    ])
  })

  test('has a unit, whatever schema its store has', async () => {
    register(fakeDefinition())
    expect(await problemsOf({ type: 'fake', config: { ttl: 5 } })).toEqual([
      "config.ttl: must have a unit: '5s' is 5 seconds, '5ms' is 5 milliseconds",
    ])
  })

  test('is a number of ms for a factory', () => {
    expect(parseOptions('fake', ownConfig, { ttl: 86_400 })).toEqual({ ttl: 86_400 })
  })
})

test('a key that may be a secret is not shown', async () => {
  register(fakeDefinition({ config: ownConfig }))
  expect(await problemsOf({ type: 'fake', config: { ghp_16C7e42F292c6912: 1 } })).toEqual(["config['…']: unknown key"])
})

describe('a malformed URL is a problem, and shows no credential:', () => {
  test.each([
    ['no scheme', '//user:hunter2@host'],
    ['a path', './hunter2.db'],
    ['an empty string', ''],
    ['a bad port', 'fake://user:hunter2@host:99999'],
    ['a bad host', 'fake://user:hunter2@[host'],
    ['no host but a password', 'fake://user:hunter2@'],
    ['white space around it', 'fake://user:hunter2@host\n'],
    ['a password with a slash', 'fake://user:12/hunter2@host'],
    ['a password with a #', 'fake://user:12#hunter2@host'],
    ['a password with a %', 'fake://user:%hunter2@host'],
    ['a fragment', 'fake://user:pass@host/1#hunter2'],
    ['a parameter twice', 'fake://user:hunter2@host?db=1&db=2'],
    ['another URL among the parameters', 'fake://user:hunter2@host?url=fake://evil'],
  ])('%s', async (_, text) => {
    register(fakeDefinition())
    const [problem, ...more] = await problemsOf(text)
    expect(problem).toMatch(/^url: it (is malformed|must begin with a scheme)/)
    expect(more).toEqual([])
    await expect(openStore(text)).rejects.not.toThrow(/hunter2|evil/)
  })

  const hint = 'in a user or password : / ? # [ ] @ and % must be percent-encoded, as %40 is for @'

  test.each([
    'fake://:hunter/2@host',
    'fake://:hunter#2@host',
    'fake://:hunter?2@host',
    'fake://:hunter:2@[host',
    'fake://:50%hunter@host',
    'fake://user:12/hunter@host',
  ])('one whose password must be percent-encoded says so: %s', async (text) => {
    register(fakeDefinition({ config: ownConfig }))
    expect(await problemsOf(text)).toEqual([`url: it is malformed; ${hint}`])
    expect(await problemsOf({ type: 'fake', config: { url: text } })).toEqual([
      `config.url: must be a URL that begins with fake:; ${hint}`,
    ])
  })

  test('one in a field of another name says so too', async () => {
    register(fakeDefinition({ config: storeConfig({ uri: url(['fake']) }), fromUrl: (uri) => ({ uri }) }))
    expect(await problemsOf('fake://:hunter/2@host')).toEqual([
      `config.uri: must be a URL that begins with fake:; ${hint}`,
    ])
  })

  test('one that may have any other fault does not', async () => {
    register(fakeDefinition({ config: ownConfig }))
    expect(await problemsOf('fake://host:99999')).toEqual(['url: it is malformed'])
    expect(await problemsOf({ type: 'fake', config: { url: 'fake:// host' } })).toEqual([
      'config.url: must be a URL that begins with fake:',
    ])
    await openStore('fake://user:p%40ss@host/1')
    await openStore('fake://user:p@ss@host')
  })

  test('one that the definition itself can not read', async () => {
    register(fakeDefinition({ fromUrl: (text) => new URL(text.replace('fake:', '')) }))
    const error = await openStore('fake:hunter2').catch((error) => error)
    expect(error).toMatchObject({ code: 'SESS_CONFIG' })
    expect(error.message).not.toContain('hunter2')
    expect(error.cause).toBeUndefined()
  })
})

describe("a third party's schema", () => {
  test('has its issues listed by path, and every value of the config taken out of them', async () => {
    const config = { servers: [{ host: 'db.internal', 'pass word': 'hunter2' }], pin: 12345, tag: 'x' }
    const check = () => [
      { message: 'bad password "hunter2" for db.internal', path: ['servers', { key: 0 }, 'pass word'] },
      { message: 'expected text, got 12345', path: [{ key: 'pin' }] },
      { message: 'x is no excellent tag' },
    ]
    register(fakeDefinition({ config: schemaOf(check) }))
    expect(await problemsOf({ type: 'fake', config })).toEqual([
      `config.servers[0]['…']: bad password "***" for ***`,
      'config.pin: expected text, got ***',
      'config: *** is no excellent tag',
    ])
  })

  test('may be asynchronous', async () => {
    register(fakeDefinition({ config: schemaOf(async () => [{ message: 'is taken', path: ['name'] }]) }))
    expect(await problemsOf({ type: 'fake', config: { name: 'a' } })).toEqual(['config.name: is taken'])
  })

  test('that throws is a problem too, and its error shows no value', async () => {
    const check = (value: unknown) => {
      throw new Error(`can not read ${JSON.stringify(value)}`)
    }
    register(fakeDefinition({ config: schemaOf(check) }))
    expect(await problemsOf({ type: 'fake', config: { password: 'hunter2' } })).toEqual([
      'config: the check failed: can not read {"password":"***"}',
    ])
  })
})
