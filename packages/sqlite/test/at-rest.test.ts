import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sqliteStore } from '@sess/sqlite'
import BetterSqlite3 from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
const file = (end = '') => join(folder.path, `sessions.db${end}`)
const all = () => ['', '-wal', '-shm'].map(file).filter(existsSync)
const isStored = (text: string) => all().some((path) => readFileSync(path).includes(text))
const logBytes = () => statSync(file('-wal')).size

beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

describe('what was deleted', () => {
  test('stands nowhere after a clean-up, neither in the database nor in its log', async () => {
    await using store = sqliteStore<{ secret: string }>({ path: file() })
    const { id } = await store.create({ data: { secret: 'canary one' } })
    const changed = await store.create({ data: { secret: 'canary two' } })
    await store.update(changed.id, ({ data }) => {
      data.secret = 'x'
    })
    await store.delete(id)
    expect(isStored('canary')).toBe(true) // in the log
    await store.cleanExpired()
    expect(isStored('canary')).toBe(false)
    expect(logBytes()).toBe(0)
    expect(await store.count()).toBe(1)
  })

  test('stands nowhere after the clean-up that goes by itself, beside another process that has the file open', async () => {
    await using other = sqliteStore({ path: file(), cleanupInterval: false })
    await other.ping()
    await using store = sqliteStore({ path: file(), cleanupInterval: 10 })
    const { id } = await store.create({ data: { secret: 'canary' } })
    await other.delete(id)
    await expect.poll(() => isStored('canary')).toBe(false)
    expect(await other.count()).toBe(0)
  })

  test('that expired stands nowhere after the clean-up that deletes it', async () => {
    let now = 1e12
    await using store = sqliteStore({ path: file(), now: () => now, ttl: 1000 })
    await store.create({ data: { secret: 'canary' } })
    now += 2000
    expect(await store.cleanExpired()).toBe(1)
    expect(isStored('canary')).toBe(false)
  })

  test('stays in the log while somebody reads an older state, and the clean-up does not fail', async () => {
    await using store = sqliteStore({ path: file() })
    const { id } = await store.create({ data: { secret: 'canary' } })
    const reader = new BetterSqlite3(file())
    reader.exec('begin')
    reader.prepare('select count(*) from sess_sessions').get()
    await store.delete(id)
    expect(await store.cleanExpired()).toBe(0)
    reader.exec('commit')
    await store.cleanExpired()
    expect(isStored('canary')).toBe(false)
    reader.close()
  })
})

test('the log that grew while somebody read for long is cut back without a clean-up', async () => {
  await using store = sqliteStore({ path: file(), cleanupInterval: false, synchronous: 'normal' })
  const fill = async (megabytes: number) => {
    for (let each = 0; each < megabytes; each += 1) await store.create({ data: { text: 'x'.repeat(900_000) } })
  }
  await store.ping()
  const reader = new BetterSqlite3(file())
  reader.exec('begin')
  reader.prepare('select count(*) from sess_sessions').get()
  await fill(40)
  expect(logBytes()).toBeGreaterThan(30e6)
  reader.exec('commit')
  await fill(2)
  expect(logBytes()).toBeLessThan(20e6)
  reader.close()
}, 60_000)

describe.skipIf(process.platform === 'win32')('the files', () => {
  const modes = () => all().map((path) => (statSync(path).mode & 0o777).toString(8))

  test('are for their owner only', async () => {
    await using store = sqliteStore({ path: file() })
    await store.create()
    expect(modes()).toEqual(['600', '600', '600'])
  })

  test('that are there already keep their permissions', async () => {
    writeFileSync(file(), '')
    chmodSync(file(), 0o640)
    await using store = sqliteStore({ path: file() })
    await store.create()
    expect(modes()).toEqual(['640', '640', '640'])
  })
})
