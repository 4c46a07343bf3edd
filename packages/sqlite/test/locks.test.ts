import { join } from 'node:path'
import { sqliteStore } from '@sess/sqlite'
import BetterSqlite3 from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
let path: string
let other: BetterSqlite3.Database

beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder.path, 'sessions.db')
  other = new BetterSqlite3(path)
  other.pragma('journal_mode = wal')
})

afterEach(() => {
  other.close()
  folder.remove()
})

/** Resolves with how many turns the event loop made until the promise was settled. */
async function turnsUntil(promise: Promise<unknown>): Promise<number> {
  let settled = false
  const done = () => {
    settled = true
  }
  promise.then(done, done)
  let turns = 0
  for (; !settled; turns += 1) await new Promise((resolve) => setImmediate(resolve))
  return turns
}

test('a write waits while another connection writes, and the event loop turns meanwhile', async () => {
  await using store = sqliteStore({ path })
  await store.ping()
  other.exec('begin immediate')
  const created = store.create({ data: { n: 1 } })
  const turns = turnsUntil(created)
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  other.exec('commit')
  const { id } = await created
  expect(await turns).toBeGreaterThan(100)
  expect((await store.load(id))?.data).toEqual({ n: 1 })
})

test('a lock that is not let go is SESS_UNAVAILABLE after busyTimeoutMs, and the store works when it is', async () => {
  await using store = sqliteStore({ path, busyTimeoutMs: 20 })
  const { id } = await store.create()
  other.exec('begin immediate')
  await expect(store.create()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
  expect(await store.load(id)).not.toBeNull()
  other.exec('commit')
  await store.create()
  expect(await store.count()).toBe(2)
})

test('a first use that finds the file locked does not spoil the store', async () => {
  await using store = sqliteStore({ path, busyTimeoutMs: 20 })
  other.exec('begin exclusive')
  await expect(store.create()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
  other.exec('commit')
  await store.create()
  expect(await store.count()).toBe(1)
})

test('the wait for a lock ends before timeoutMs, whatever busyTimeoutMs says', async () => {
  await using store = sqliteStore({ path, timeoutMs: 500, busyTimeoutMs: 60_000 })
  await store.ping()
  other.exec('begin immediate')
  await expect(store.create()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' })
  other.exec('commit')
})

test('what the store writes is no part of a transaction that the owner of the database has open', async () => {
  await using store = sqliteStore({ database: other })
  await store.ping()
  other.exec('create table mine (a text); begin; insert into mine values (1)')
  const created = store.create()
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  other.exec('rollback')
  const { id } = await created
  expect(await store.exists(id)).toBe(true)
  expect(other.prepare('select * from mine').all()).toEqual([])
})

test('a transaction that the owner never ends is SESS_UNAVAILABLE', async () => {
  await using store = sqliteStore({ database: other, busyTimeoutMs: 20 })
  await store.ping()
  other.exec('begin')
  await expect(store.create()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
  other.exec('rollback')
})

test('the store waits for a query that the owner of the database is stepping through', async () => {
  await using store = sqliteStore({ database: other })
  await store.ping()
  const rows = other.prepare('select name from sqlite_schema').iterate()
  rows.next()
  const created = store.create()
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  expect([...rows].length).toBeGreaterThan(0)
  const { id } = await created
  expect(await store.exists(id)).toBe(true)
})
