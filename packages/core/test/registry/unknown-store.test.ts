import { afterEach, describe, expect, test } from 'vitest'
import { openStore } from '../../src/registry/open-store.ts'
import { registerStore } from '../../src/registry/registry.ts'
import { fakeDefinition } from './fake-store.ts'

const undo: (() => void)[] = []
const register = (...args: Parameters<typeof registerStore>) => undo.unshift(registerStore(...args))
afterEach(() => {
  for (const restore of undo.splice(0)) restore()
})

async function messageFor(input: unknown): Promise<string> {
  const error = await openStore(input).then(
    () => expect.unreachable('it opened'),
    (error) => error,
  )
  expect(error).toMatchObject({ name: 'SessionError', code: 'SESS_UNKNOWN_STORE', retryable: false })
  return error.message
}

describe('a store that is not registered', () => {
  test('is named with what to install and import', async () => {
    register(fakeDefinition())
    expect(await messageFor({ type: 'redis', config: { password: 'hunter2' } })).toBe(
      "No store of type 'redis' is registered. " +
        "Install it with `npm install @sess/redis ioredis` and load it with `import '@sess/redis'`. Registered: fake.",
    )
    expect(await messageFor('rediss://:hunter2@host')).toBe(
      "No store is registered for 'rediss:' URLs. " +
        "Install it with `npm install @sess/redis ioredis` and load it with `import '@sess/redis'`. Registered: fake.",
    )
  })

  test('is memory where no type is given', async () => {
    expect(await messageFor({})).toBe(
      "No store of type 'memory' is registered. " +
        "Install it with `npm install @sess/memory` and load it with `import '@sess/memory'`. Registered: none.",
    )
  })

  test.each([
    ['memory', 'memory:', '@sess/memory'],
    ['redis', 'redis://h', '@sess/redis ioredis'],
    ['redis', 'redis-cluster://h:1,i:2', '@sess/redis ioredis'],
    ['redis', 'redis-sentinel://h:1,i:2/m', '@sess/redis ioredis'],
    ['postgres', 'postgres://h', '@sess/postgres postgres'],
    ['postgres', 'postgresql://h', '@sess/postgres postgres'],
    ['mysql', 'mysql://h', '@sess/mysql mysql2'],
    ['mysql', 'mariadb://h', '@sess/mysql mysql2'],
    ['sqlite', 'sqlite:./a.db', '@sess/sqlite better-sqlite3'],
  ])('of type %s is found by name and by %s', async (type, url, packages) => {
    expect(await messageFor({ type })).toContain(`npm install ${packages}\``)
    expect(await messageFor(url)).toContain(`npm install ${packages}\``)
  })

  test.each([
    ['reddis', 'redis'],
    ['Redis', 'redis'],
    ['postgresql', 'postgres'],
    ['mariadb', 'mysql'],
    ['sqlite3', 'sqlite'],
    ['fakee', 'fake'],
  ])('of a misspelt type %s suggests %s', async (type, suggestion) => {
    register(fakeDefinition())
    expect(await messageFor({ type })).toContain(`Did you mean '${suggestion}'?`)
  })

  test('that is registered under the suggested name needs no installation', async () => {
    register(fakeDefinition({ type: 'redis', schemes: ['redis'] }))
    expect(await messageFor({ type: 'reddis' })).toBe(
      "No store of type 'reddis' is registered. Did you mean 'redis'? Registered: redis.",
    )
    expect(await messageFor('reddis://h')).toBe(
      "No store is registered for 'reddis:' URLs. Did you mean 'redis:'? Registered: redis.",
    )
  })

  test('of no known kind lists what is registered', async () => {
    register(fakeDefinition())
    expect(await messageFor({ type: 'mongodb' })).toBe("No store of type 'mongodb' is registered. Registered: fake.")
    expect(await messageFor('mongodb://u:hunter2@h')).toBe(
      "No store is registered for 'mongodb:' URLs. Registered: fake.",
    )
  })

  test.each([
    ['a URL in place of the type', { type: 'redis://user:hunter2@host' }],
    ['a URL without its scheme', 'hunter2:password@host'],
    ['a name of Object.prototype', { type: 'constructor' }],
    ['a type that is a thousand characters long', { type: 'hunter2'.repeat(1000) }],
  ])('shows no credential: %s', async (_, input) => {
    expect(await messageFor(input)).not.toMatch(/hunter2|password/)
  })
})
