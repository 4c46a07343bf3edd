import { existsSync, linkSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionStore } from '@sess/core'
import { sqliteStore } from '@sess/sqlite'
import BetterSqlite3 from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
const file = (name = 'sessions.db') => join(folder.path, name)
const ends = ['', '-wal', '-shm']

beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

function remove(name = 'sessions.db'): void {
  for (const end of ends) rmSync(file(name + end), { force: true })
  letReadsLook()
}

function move(from: string, to: string): void {
  for (const end of ends) if (existsSync(file(from + end))) renameSync(file(from + end), file(to + end))
  letReadsLook()
}

/** A read looks at the file where the last look is more than half a millisecond old, or a write came between. */
function letReadsLook(): void {
  for (const start = performance.now(); performance.now() - start < 1; );
}

/** A database of its own, complete in one file; resolves with the id of its session. */
async function backup(name: string): Promise<string> {
  await using store = sqliteStore({ path: file(name) })
  return (await store.create({ data: { from: name } })).id
}

const identity = { providerId: 'github', externalId: 'zoe' }

function everyCall(store: SessionStore, id: string): Record<string, () => Promise<unknown>> {
  return {
    load: () => store.load(id),
    exists: () => store.exists(id),
    count: () => store.count(),
    create: () => store.create(),
    'many at once': () => Promise.all([store.create(), store.create(), store.putState()]),
    save: () => store.save({ id, data: {}, expiresAt: new Date(Date.now() + 60_000) }),
    update: () => store.update(id, () => {}),
    touch: () => store.touch(id),
    rotate: () => store.rotate(id),
    delete: () => store.delete(id),
    listByIdentity: () => store.listByIdentity(identity),
    deleteByIdentity: () => store.deleteByIdentity(identity),
    cleanExpired: () => store.cleanExpired(),
    putState: () => store.putState(),
    consumeState: () => store.consumeState('a'),
    entries: async () => {
      for await (const _ of store.entries());
    },
    ping: () => store.ping(),
  }
}

describe('a file that was deleted while it was open', () => {
  test('is SESS_UNAVAILABLE to every call, at once, and is not made anew', async () => {
    await using store = sqliteStore({ path: file() })
    const { id } = await store.create({ identity })
    remove()
    for (const [name, call] of Object.entries(everyCall(store, id))) {
      await expect(call(), name).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
    }
    expect(ends.map((end) => existsSync(file(`sessions.db${end}`)))).toEqual([false, false, false])
  })

  test.each(['load', 'exists', 'count', 'ping', 'create', 'update', 'consumeState', 'entries'])(
    'is noticed by %s where that is the first call',
    async (name) => {
      await using store = sqliteStore({ path: file() })
      const { id } = await store.create({ identity })
      for (const end of ends) rmSync(file(`sessions.db${end}`), { force: true })
      await expect(everyCall(store, id)[name]?.()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' })
    },
  )

  test('leaves the store to go on when it is back', async () => {
    await using store = sqliteStore({ path: file() })
    const { id } = await store.create()
    move('sessions.db', 'away.db')
    await expect(store.load(id)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' })
    move('away.db', 'sessions.db')
    expect(await store.exists(id)).toBe(true)
    await store.create()
    expect(await store.count()).toBe(2)
  })

  test('leaves the store to go on with the one that another process makes', async () => {
    await using store = sqliteStore({ path: file() })
    await store.create()
    remove()
    await expect(store.ping()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' })
    await using other = sqliteStore({ path: file() })
    const { id } = await other.create()
    expect(await store.exists(id)).toBe(true)
    expect(await other.exists((await store.create()).id)).toBe(true)
  })

  test('is not mistaken for an empty one, which somebody is about to fill', async () => {
    await using store = sqliteStore({ path: file() })
    await store.create()
    remove()
    writeFileSync(file(), '')
    await expect(store.create()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' })
    expect(statSync(file()).size).toBe(0)
  })
})

describe('another file at the path', () => {
  test.each(['load', 'create'])('is what the store reads and writes from then on, %s first', async (first) => {
    const restored = await backup('backup.db')
    await using store = sqliteStore({ path: file() })
    const { id } = await store.create()
    remove()
    renameSync(file('backup.db'), file())
    if (first === 'load') expect((await store.load(restored))?.data).toEqual({ from: 'backup.db' })
    const created = await store.create()
    expect([await store.exists(id), await store.exists(restored)]).toEqual([false, true])
    await using other = sqliteStore({ path: file() })
    expect(await other.exists(created.id)).toBe(true)
  })

  test('gets a write that was waiting for a lock of the former one', async () => {
    await backup('backup.db')
    await using store = sqliteStore({ path: file() })
    await store.create()
    const locker = new BetterSqlite3(file())
    locker.exec('begin immediate')
    const creating = store.create()
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    remove()
    renameSync(file('backup.db'), file())
    const { id } = await creating
    locker.close()
    await using other = sqliteStore({ path: file() })
    expect(await other.exists(id)).toBe(true)
  })

  test('gets its tables where it lacks them', async () => {
    await using store = sqliteStore({ path: file() })
    await store.create()
    remove()
    new BetterSqlite3(file()).exec('create table of_the_application (a)').close()
    letReadsLook()
    expect(await store.count()).toBe(0)
    await store.create()
  })

  test('keeps its log when the store of the former one is closed', async () => {
    const store = sqliteStore({ path: file() })
    await store.create()
    remove()
    await using other = sqliteStore({ path: file() })
    const { id } = await other.create()
    const log = readFileSync(file('sessions.db-wal'))
    await store.close()
    expect(readFileSync(file('sessions.db-wal'))).toEqual(log)
    expect(await other.exists(id)).toBe(true)
  })

  test('is seen through a link that leads there', async () => {
    const restored = await backup('next.db')
    await backup('now.db')
    symlinkSync(file('now.db'), file('link.db'))
    await using store = sqliteStore({ path: file('link.db') })
    expect(await store.exists(restored)).toBe(false)
    symlinkSync(file('next.db'), file('link'))
    renameSync(file('link'), file('link.db'))
    letReadsLook()
    expect(await store.exists(restored)).toBe(true)
  })
})

describe('the file that is in its place', () => {
  test('may have a further name', async () => {
    await using store = sqliteStore({ path: file() })
    const { id } = await store.create()
    linkSync(file(), file('further.db'))
    letReadsLook()
    expect(await store.exists(id)).toBe(true)
  })

  test('is found whatever becomes of the working directory', async () => {
    const before = process.cwd()
    process.chdir(folder.path)
    try {
      await using store = sqliteStore({ path: 'relative.db' })
      process.chdir(before)
      const { id } = await store.create()
      letReadsLook()
      expect(await store.exists(id)).toBe(true)
      expect(existsSync(file('relative.db'))).toBe(true)
    } finally {
      process.chdir(before)
    }
  })
})

describe('a database handed in', () => {
  test('whose file was moved away is SESS_UNAVAILABLE until it is back', async () => {
    const database = new BetterSqlite3(file(), { timeout: 0 })
    database.pragma('journal_mode = wal')
    await using store = sqliteStore({ database })
    const { id } = await store.create()
    move('sessions.db', 'away.db')
    for (const name of ['load', 'create', 'ping', 'count', 'update']) {
      const call = everyCall(store, id)[name]
      await expect(call?.(), name).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
    }
    move('away.db', 'sessions.db')
    expect(await store.exists(id)).toBe(true)
    await store.create()
    expect(await store.count()).toBe(2)
    database.close()
  })

  test.each([':memory:', ''])('that has no file (%j) is never missed', async (name) => {
    const database = new BetterSqlite3(name)
    await using store = sqliteStore({ database })
    const { id } = await store.create()
    letReadsLook()
    expect(await store.exists(id)).toBe(true)
    database.close()
  })
})
