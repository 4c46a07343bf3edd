import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import type { SessionStore } from '@sess/core'
import { sqliteStore } from '@sess/sqlite'
import BetterSqlite3 from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { faultOf, sqliteErrors, toSessionError } from '../src/errors.ts'
import { temporaryFolder } from './temporary-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
const file = (name = 'sessions.db') => join(folder.path, name)

beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

const fill = async (store: SessionStore, sessions: number) => {
  for (let index = 0; index < sessions; index += 1) await store.create({ data: { text: 'x'.repeat(2_000) } })
}

describe('each error, provoked for real, has its code', () => {
  test('a file that is no database: SESS_CORRUPT, and the file stays as it is', async () => {
    const text = 'this is a text file, and a long one at that\n'.repeat(100)
    writeFileSync(file(), text)
    await using store = sqliteStore({ path: file() })
    await expect(store.load('a')).rejects.toMatchObject({ code: 'SESS_CORRUPT', retryable: false })
    expect(readFileSync(file(), 'utf8')).toBe(text)
  })

  test('a database with damaged pages: SESS_CORRUPT', async () => {
    const first = sqliteStore({ path: file() })
    await fill(first, 200)
    await first.close()
    const size = statSync(file()).size
    const descriptor = openSync(file(), 'r+')
    // All pages but the first, which holds the schema.
    writeSync(descriptor, Buffer.alloc(size - 4_096, 0xa5), 0, size - 4_096, 4_096)
    closeSync(descriptor)
    await using store = sqliteStore({ path: file() })
    await expect(store.count()).rejects.toMatchObject({ code: 'SESS_CORRUPT', retryable: false })
  })

  test.each([0, 100, 8_192])('a file that is cut to %i bytes while it is open: SESS_CORRUPT', async (length) => {
    const first = sqliteStore({ path: file() })
    await fill(first, 200)
    await first.close()
    await using store = sqliteStore({ path: file() })
    expect(await store.count()).toBe(200)
    truncateSync(file(), length)
    await expect(store.count()).rejects.toMatchObject({ code: 'SESS_CORRUPT', retryable: false })
    await expect(store.load('a')).rejects.toMatchObject({ code: 'SESS_CORRUPT', retryable: false })
  })

  test('a directory that does not exist: SESS_CONFIG, and none is made', async () => {
    await using store = sqliteStore({ path: file('missing/sessions.db') })
    await expect(store.ping()).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      message: expect.stringContaining('directory'),
    })
    expect(existsSync(file('missing'))).toBe(false)
  })

  test('a path that is a directory: SESS_CONFIG', async () => {
    mkdirSync(file('folder'))
    await using store = sqliteStore({ path: file('folder') })
    await expect(store.ping()).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      message: expect.stringContaining(file('folder')),
    })
  })

  test('a database that cannot be written: SESS_CONFIG', async () => {
    new BetterSqlite3(file()).exec('create table a (b)').close()
    const database = new BetterSqlite3(file(), { readonly: true })
    await using store = sqliteStore({ database })
    await expect(store.create()).rejects.toMatchObject({ code: 'SESS_CONFIG', retryable: false })
    database.close()
  })

  test('a full disk: SESS_UNAVAILABLE, retryable; nothing is half written, and there is room again after a delete', async () => {
    const database = new BetterSqlite3(file())
    await using store = sqliteStore<{ text: string }>({ database })
    const { id } = await store.create()
    const pages = Number(database.pragma('page_count', { simple: true }))
    database.pragma(`max_page_count = ${pages + 4}`)
    await expect(store.create({ data: { text: 'x'.repeat(200_000) } })).rejects.toMatchObject({
      code: 'SESS_UNAVAILABLE',
      retryable: true,
    })
    expect(await store.count()).toBe(1)
    expect(await store.delete(id)).toBe(true)
    await store.create()
    database.close()
  })

  test('a batch that does not fit on the disk: what is stored is what its callers were told', async () => {
    const database = new BetterSqlite3(file())
    await using store = sqliteStore<{ text: string }>({ database })
    await store.ping()
    const pages = Number(database.pragma('page_count', { simple: true }))
    database.pragma(`max_page_count = ${pages + 10}`)
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 5 }, () => store.create()),
      store.create({ data: { text: 'x'.repeat(200_000) } }),
    ])
    const written = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(await store.count()).toBe(written)
    expect(outcomes.at(-1)?.status).toBe('rejected')
    database.close()
  })

  test('a table that was dropped: SESS_CONFIG', async () => {
    const database = new BetterSqlite3(file())
    await using store = sqliteStore({ database })
    await store.ping()
    database.exec('drop table sess_sessions')
    await expect(store.create()).rejects.toMatchObject({ code: 'SESS_CONFIG' })
    database.close()
  })

  test('a record that a constraint refuses: SESS_CONFIG, and its company is written', async () => {
    const database = new BetterSqlite3(file())
    await using store = sqliteStore<{ text: string }>({ database })
    await store.ping()
    database.exec(`create trigger no_poison before insert on sess_sessions when new.payload like '%poison%'
      begin select raise(abort, 'no poison'); end`)
    const outcomes = await Promise.allSettled(['a', 'poison', 'b'].map((text) => store.create({ data: { text } })))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: { code: 'SESS_CONFIG', retryable: false } })
    expect(await store.count()).toBe(2)
    database.close()
  })

  test('a trigger that ends the transaction: nobody is told that they have written', async () => {
    const database = new BetterSqlite3(file())
    await using store = sqliteStore<{ text: string }>({ database })
    await store.ping()
    database.exec(`create trigger no_poison before insert on sess_sessions when new.payload like '%poison%'
      begin select raise(rollback, 'no poison'); end`)
    const outcomes = await Promise.allSettled(['a', 'poison', 'b'].map((text) => store.create({ data: { text } })))
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(outcomes[0]).toMatchObject({ reason: { code: 'SESS_UNAVAILABLE' } })
    expect(await store.count()).toBe(0)
    database.close()
  })

  test('a database that its owner closed: SESS_UNAVAILABLE', async () => {
    const database = new BetterSqlite3(file())
    await using store = sqliteStore({ database })
    await store.ping()
    database.close()
    for (const call of [() => store.create(), () => store.load('a'), () => store.ping()]) {
      await expect(call()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', message: expect.stringMatching(/owner/) })
    }
  })

  test('no id and no data stand in an error', async () => {
    const database = new BetterSqlite3(file())
    await using store = sqliteStore({ database })
    await store.ping()
    database.exec('drop table sess_sessions')
    const error = await store
      .save({ id: 'canary-id', expiresAt: new Date(Date.now() + 60_000), data: { canary: 'canary-data' } })
      .catch((thrown) => thrown)
    expect(error.code).toBe('SESS_CONFIG')
    const cause = error.cause as Error
    expect([error.message, error.stack, cause.message, cause.stack, JSON.stringify(error)].join()).not.toMatch(/canary/)
  })
})

describe('nothing of a record stands in an error', () => {
  test.each([
    ['whatever a trigger says', 'select raise(abort, new.payload)'],
    ['a trigger that speaks as SQLite does', "select raise(abort, 'database is locked: ' || new.payload)"],
    ['a function that quotes what it cannot read', "select json_extract('no json' || new.payload, '$')"],
  ])('%s', async (_what, statement) => {
    const database = new BetterSqlite3(file())
    await using store = sqliteStore({ database })
    await store.ping()
    database.exec(`create trigger quotes before insert on sess_sessions begin ${statement}; end`)
    const error = await store.create({ data: { canary: 'canary-data' } }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: expect.stringMatching(/^SESS_/), message: expect.stringMatching(/^SQLite: /) })
    const texts = [error, error.cause].flatMap((each) => [
      each.message,
      each.stack,
      JSON.stringify(each),
      inspect(each),
    ])
    expect(texts.join()).not.toMatch(/canary/)
    database.close()
  })

  test('what SQLite itself says is kept in the cause', async () => {
    const database = new BetterSqlite3(file())
    await using store = sqliteStore({ database })
    await store.ping()
    database.exec('drop table sess_sessions')
    const error = await store.create().catch((thrown) => thrown)
    expect(error.cause).toMatchObject({ message: 'no such table', code: 'SQLITE_ERROR' })
    database.close()
  })
})

describe('the table of errors', () => {
  const error = (code: string) => Object.assign(new Error('text'), { code })

  test.each([
    ['SQLITE_BUSY_SNAPSHOT', 'SESS_UNAVAILABLE', true, 'unreachable'],
    ['SQLITE_LOCKED_SHAREDCACHE', 'SESS_UNAVAILABLE', true, 'unreachable'],
    ['SQLITE_PROTOCOL', 'SESS_UNAVAILABLE', true, 'unreachable'],
    ['SQLITE_CORRUPT_INDEX', 'SESS_CORRUPT', false, 'damaged'],
    ['SQLITE_NOTADB', 'SESS_CORRUPT', false, 'damaged'],
    ['SQLITE_IOERR_WRITE', 'SESS_UNAVAILABLE', true, 'unreachable'],
    ['SQLITE_FULL', 'SESS_UNAVAILABLE', true, 'full'],
    ['SQLITE_READONLY_DIRECTORY', 'SESS_CONFIG', false, 'misconfigured'],
    ['SQLITE_READONLY_DBMOVED', 'SESS_UNAVAILABLE', true, 'unreachable'],
    ['SQLITE_CANTOPEN_ISDIR', 'SESS_CONFIG', false, 'misconfigured'],
    ['SQLITE_PERM', 'SESS_CONFIG', false, 'denied'],
    ['SQLITE_ERROR', 'SESS_CONFIG', false, 'missingSchema'],
    ['SQLITE_CONSTRAINT_PRIMARYKEY', 'SESS_CONFIG', false, 'duplicate'],
    ['SQLITE_CONSTRAINT_TRIGGER', 'SESS_CONFIG', false, 'refusedRow'],
    ['SQLITE_TOOBIG', 'SESS_TOO_LARGE', false, 'tooLarge'],
    ['SQLITE_NOMEM', 'SESS_UNAVAILABLE', true, 'exhausted'],
    ['SQLITE_INTERRUPT', 'SESS_UNAVAILABLE', true, 'unknown'],
    ['SQLITE_SOMETHING_NEW', 'SESS_UNAVAILABLE', true, 'unknown'],
  ])('%s is %s', (code, expected, retryable, fault) => {
    expect(toSessionError(error(code))).toMatchObject({ code: expected, retryable })
    expect(faultOf(error(code))).toBe(fault)
  })

  test('has an entry for each primary code that a statement can end with', () => {
    const primary =
      'ERROR PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT FULL CANTOPEN PROTOCOL SCHEMA TOOBIG CONSTRAINT MISMATCH NOLFS AUTH FORMAT NOTADB'
    for (const name of primary.split(' ')) expect(sqliteErrors).toHaveProperty(`SQLITE_${name}`)
  })

  test.each([
    ['Cannot open database because the directory does not exist', 'SESS_CONFIG', 'misconfigured'],
    ['This database connection is busy executing a query', 'SESS_UNAVAILABLE', 'unreachable'],
    ['The database connection is not open', 'SESS_UNAVAILABLE', 'unreachable'],
  ])('better-sqlite3 itself: %s is %s', (message, code, fault) => {
    expect(toSessionError(new TypeError(message))).toMatchObject({ code, cause: { message } })
    expect(faultOf(new TypeError(message))).toBe(fault)
  })

  test('knows no error but those of SQLite and of the system', () => {
    for (const unknown of [new Error('text'), error('NOT_SQLITE'), 'SQLITE_BUSY', null, new TypeError('other')]) {
      expect(toSessionError(unknown)).toBeUndefined()
      expect(faultOf(unknown)).toBeUndefined()
    }
  })
})
