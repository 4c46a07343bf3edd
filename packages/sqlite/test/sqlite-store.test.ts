import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore, registeredStores } from '@sess/core'
import { sqliteStore } from '@sess/sqlite'
import BetterSqlite3 from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
const file = (name = 'sessions.db') => join(folder.path, name)

beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

describe('a database that is handed in', () => {
  test('keeps its pragmas and stays open', async () => {
    const database = new BetterSqlite3(file(), { timeout: 1_234 })
    const pragmas = () =>
      ['journal_mode', 'synchronous', 'secure_delete', 'busy_timeout'].map((name) => database.pragma(name))
    const before = pragmas()
    const store = sqliteStore({ database })
    await store.create()
    await store.close()
    await expect(store.count()).rejects.toMatchObject({ code: 'SESS_CLOSED' })
    expect(pragmas()).toEqual(before)
    expect(database.open).toBe(true)
    database.close()
  })

  test('may give 64-bit integers as bigints', async () => {
    const database = new BetterSqlite3(':memory:').defaultSafeIntegers(true)
    await using store = sqliteStore({ database })
    const session = await store.create({ deadline: new Date(4e12) })
    expect(await store.load(session.id)).toEqual(session)
    expect([await store.count(), await store.delete(session.id), await store.count()]).toEqual([1, true, 0])
  })
})

describe('a file', () => {
  test('is written durably and overwrites what is deleted', async () => {
    await using store = sqliteStore({ path: file() })
    const { id } = await store.create({ data: { secret: 'canary' } })
    await store.delete(id)
    const database = new BetterSqlite3(file())
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
    database.pragma('wal_checkpoint(truncate)')
    database.close()
    expect(readFileSync(file(), 'utf8')).not.toContain('canary')
  })

  test('is closed with the store: no log stays behind', async () => {
    const store = sqliteStore({ path: file() })
    await store.create()
    expect(existsSync(file('sessions.db-wal'))).toBe(true)
    await store.close()
    expect(existsSync(file('sessions.db-wal'))).toBe(false)
  })

  test('is opened at the first use, and not before', async () => {
    const store = sqliteStore({ path: file() })
    expect(existsSync(file())).toBe(false)
    await store.close()
    expect(existsSync(file())).toBe(false)
  })

  test('keeps the sessions for the next process', async () => {
    const first = sqliteStore({ path: file() })
    const session = await first.create({ identity: { providerId: 'github', externalId: 'zoe' } })
    await first.close()
    await using second = sqliteStore({ path: file() })
    expect(await second.load(session.id)).toEqual(session)
  })
})

test('a database in memory is the store’s own', async () => {
  await using one = sqliteStore({ path: ':memory:' })
  await using two = sqliteStore({ path: ':memory:' })
  const { id } = await one.create()
  expect([await one.exists(id), await two.exists(id)]).toEqual([true, false])
})

describe('configuration', () => {
  test('the package registers itself', () => {
    expect(registeredStores()).toContain('sqlite')
  })

  test.each(['sqlite:%s', 'sqlite://%s', 'SQLITE:%s'])('%s opens an absolute path', async (pattern) => {
    await using store = await openStore(
      `${pattern.replace('%s', file('a b%25.db').replace(' ', '%20'))}?table=web&busy_timeout_ms=10`,
    )
    await store.create()
    const database = new BetterSqlite3(file('a b%.db'), { readonly: true })
    expect(database.prepare('select count(*) as n from web').get()).toEqual({ n: 1 })
    database.close()
  })

  test('a URL with a relative path means the working directory', async () => {
    const before = process.cwd()
    process.chdir(folder.path)
    try {
      for (const url of ['sqlite:./one.db', 'sqlite:two.db']) await (await openStore(url)).close()
    } finally {
      process.chdir(before)
    }
    expect([existsSync(file('one.db')), existsSync(file('two.db'))]).toEqual([true, true])
  })

  test('a URL can mean memory', async () => {
    await using store = await openStore('sqlite::memory:')
    await store.create()
    expect(await store.count()).toBe(1)
  })

  test('a parsed file opens it, in its own spelling', async () => {
    await using store = await openStore({
      type: 'sqlite',
      config: { path: file(), busyTimeoutMs: 10, synchronous: 'normal', ttl: '2h' },
    })
    await store.create()
    expect(await store.count()).toBe(1)
  })

  test.each([
    ['nothing', {}],
    ['a path of nothing but white space', { path: ' ' }],
    ['a path with white space around it', { path: 'a.db\n' }],
    ['a path with a NUL character', { path: 'a.db\0.txt' }],
    ['a path and a database', { path: 'a.db', database: new BetterSqlite3(':memory:') }],
    ['synchronous for a database', { synchronous: 'normal', database: new BetterSqlite3(':memory:') }],
    ['a database of another kind', { database: {} }],
    ['a table name that is SQL', { path: 'a.db', table: 'a"; drop table b; --' }],
    ['a table name too long for its suffixes', { path: 'a.db', table: 'a'.repeat(47) }],
    ['the name of the table of versions', { path: 'a.db', table: 'sess_schema' }],
    ['an unknown key', { path: 'a.db', fiel: 'b' }],
    ['a negative time', { path: 'a.db', busyTimeoutMs: -1 }],
    ['another synchronous', { path: 'a.db', synchronous: 'off' }],
  ])('%s is SESS_CONFIG', (_what, options) => {
    expect(() => sqliteStore(options as never)).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
  })

  test.each(['sqlite://host/a.db', 'sqlite:', 'sqlite:?table=a', 'sqlite:a.db?tabel=a'])(
    '%s is SESS_CONFIG',
    async (url) => {
      await expect(openStore(url)).rejects.toMatchObject({ code: 'SESS_CONFIG' })
    },
  )
})
