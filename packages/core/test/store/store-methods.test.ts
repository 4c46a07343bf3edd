import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import type { SessionStore } from '../../src/contract/session-store.ts'
import type { RecordPage, SessionRecord } from '../../src/store/backend.ts'
import { createSessionStore } from '../../src/store/create-session-store.ts'
import { MapBackend } from './map-backend.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const ada = { providerId: 'github', externalId: 'ada' }

let backend: MapBackend
let store: SessionStore

beforeEach(() => {
  backend = new MapBackend()
  store = createSessionStore(backend)
})

describe('a source of ids', () => {
  it.each([
    ['gives a number', () => 5],
    ['gives nothing', () => undefined],
    ['gives an empty string', () => ''],
    ['gives a string with a space', () => 'two words'],
    ['gives 513 characters', () => 'x'.repeat(513)],
  ])('that %s is SESS_CONFIG for whatever needs an id, and ends no session', async (_what, generateId) => {
    const { id } = await store.create()
    const broken = createSessionStore(backend, { generateId: generateId as never })
    for (const call of [() => broken.create(), () => broken.rotate(id), () => broken.putState()]) {
      await expect(call()).rejects.toMatchObject({
        code: 'SESS_CONFIG',
        message: expect.stringContaining('generateId'),
      })
    }
    expect(await store.exists(id)).toBe(true)
  })

  it('that runs in a circle is SESS_COLLISION after four tries', async () => {
    let drawn = 0
    const same = createSessionStore(backend, {
      generateId: () => {
        drawn += 1
        return 'always-the-same'
      },
    })
    const { id } = await same.create()
    drawn = 0
    await expect(same.create()).rejects.toMatchObject({ code: 'SESS_COLLISION', retryable: false })
    expect(drawn).toBe(4)
    await expect(same.rotate(id)).rejects.toMatchObject({ code: 'SESS_COLLISION' })
    expect(await same.exists(id)).toBe(true)
  })

  it('is asked until the new id lies beside the old one, where the backend needs that', async () => {
    const ids = ['old', 'far', 'farther', 'near']
    const near = createHash('sha256').update('near').digest('base64url')
    Object.assign(backend, { colocated: (_key: string, newKey: string) => newKey === near })
    const drawing = createSessionStore(backend, { generateId: () => ids.shift() ?? 'none left' })
    const { id } = await drawing.create()
    expect((await drawing.rotate(id))?.id).toBe('near')
  })
})

describe('a rotation', () => {
  it('keeps what another writer wrote between its read and its write, and the expiry that a touch gave', async () => {
    const { id } = await store.create({ identity: ada, data: { n: 1 } })
    let isFirst = true
    backend.before = async (asked) => {
      if (asked !== 'rotate' || !isFirst) return
      isFirst = false
      const [stored] = [...backend.records.values()] as [SessionRecord]
      const payload = stored.payload.replace('{"n":1}', '{"n":2}')
      backend.records.set(stored.key, { ...stored, payload, version: 'theirs', expiresAt: stored.expiresAt + 5_000 })
    }
    const expiresAt = [...backend.records.values()][0]?.expiresAt ?? 0
    const rotated = await store.rotate(id)
    expect(rotated).toMatchObject({
      identity: ada,
      data: { n: 2 },
      version: 'theirs',
      expiresAt: new Date(expiresAt + 5_000),
    })
    expect(await store.load(rotated?.id ?? '')).toEqual(rotated)
    expect(await store.load(id)).toBeNull()
  })

  it('leaves a session that cannot be read under its id', async () => {
    const { id } = await store.create()
    const [stored] = [...backend.records.values()] as [SessionRecord]
    backend.records.set(stored.key, { ...stored, payload: 'not JSON' })
    await expect(store.rotate(id)).rejects.toMatchObject({ code: 'SESS_CORRUPT' })
    expect(await store.exists(id)).toBe(true)
  })

  it('ends with SESS_CONFLICT where another writer comes between each time', async () => {
    const { id } = await store.create()
    let version = 0
    backend.before = (asked) => {
      if (asked !== 'rotate') return
      const [stored] = [...backend.records.values()] as [SessionRecord]
      version += 1
      backend.records.set(stored.key, { ...stored, version: `${version}` })
    }
    await expect(store.rotate(id)).rejects.toMatchObject({ code: 'SESS_CONFLICT', retryable: true })
    expect(version).toBe(64)
  })
})

describe('a list', () => {
  it('has each session once, oldest first, and those of one instant by their handles', async () => {
    let now = 1_000_000
    store = createSessionStore(backend, { now: () => now })
    for (const offset of [2, 0, 1, 1, 1]) {
      now = 1_000_000 + offset
      await store.create({ identity: ada })
    }
    const { listByIdentity } = MapBackend.prototype
    // A session that a rotation moved while the pages were read comes twice.
    backend.listByIdentity = async (identityKey, cursor, limit, at): Promise<RecordPage> => {
      const page = await listByIdentity.call(backend, identityKey, cursor, limit, at)
      return { ...page, records: [...page.records, ...page.records] }
    }
    const list = await store.listByIdentity(ada)
    expect(list.map(({ createdAt }) => createdAt.getTime() - 1_000_000)).toEqual([0, 1, 1, 1, 2])
    const handles = list.slice(1, 4).map(({ handle }) => handle)
    expect(handles).toEqual(handles.toSorted())
  })

  it('lets others have their turn between two pages', async () => {
    for (let n = 0; n < 6; n += 1) await store.create({ identity: ada })
    const turnsAtPage: number[] = []
    let turns = 0
    let isOver = false
    const count = () => {
      turns += 1
      if (!isOver) setImmediate(count)
    }
    count()
    backend.before = () => void turnsAtPage.push(turns)
    await store.listByIdentity(ada)
    await store.deleteByIdentity(ada)
    isOver = true
    expect(turnsAtPage.length).toBeGreaterThan(6)
    expect(new Set(turnsAtPage).size).toBeGreaterThanOrEqual(turnsAtPage.length - 2)
  })

  it('that is never read to its end holds up no close, and gives nothing after it', async () => {
    for (let n = 0; n < 5; n += 1) await store.create()
    const entries = store.entries()
    await entries.next()
    await store.close()
    // The page that was read is given out; the next one is refused.
    await entries.next()
    await expect(entries.next()).rejects.toMatchObject({ code: 'SESS_CLOSED' })
  })
})

describe('sign out everywhere else', () => {
  it('excepts nothing where the id cannot be one, and asks the backend for no such key', async () => {
    for (const except of ['', '\0', 'two words', 'x'.repeat(600)]) {
      await store.create({ identity: ada })
      expect(await store.deleteByIdentity(ada, { except })).toBe(1)
    }
    await expect(store.deleteByIdentity(ada, { except: 5 as never })).rejects.toBeInstanceOf(TypeError)
  })
})

describe("a clean-up beside the server's clock", () => {
  const expired = async (ms: number) => {
    const past = createSessionStore(backend, { now: () => Date.now() - 3_600_000 - ms })
    await past.create({ ttl: '1h' })
  }

  it('removes nothing that is live by the clock of the server, though this process takes it for expired', async () => {
    const serverIsBehindMs = 60_000
    Object.assign(backend, { serverTime: async () => Date.now() - serverIsBehindMs })
    await expired(30_000)
    await expired(90_000)
    expect(await store.cleanExpired()).toBe(1)
    expect(backend.records.size).toBe(1)
  })

  it('removes no more than its own clock says where that of the server is ahead', async () => {
    Object.assign(backend, { serverTime: async () => Date.now() + 10 * 3_600_000 })
    await store.create({ ttl: '1h' })
    expect(await store.cleanExpired()).toBe(0)
  })

  it('goes by an injected clock alone', async () => {
    Object.assign(backend, { serverTime: () => Promise.reject(new Error('nobody asks')) })
    const injected = createSessionStore(backend, { now: () => Date.now() + 10 * 3_600_000 })
    await store.create({ ttl: '1h' })
    expect(await injected.cleanExpired()).toBe(1)
  })
})

describe('a mistake in the code of a backend', () => {
  it('is not told as a failure of the database', async () => {
    const mistake = new TypeError('x.map is not a function')
    backend.before = () => {
      throw mistake
    }
    await expect(store.load('a')).rejects.toBe(mistake)
    await expect(store.count()).rejects.toBe(mistake)
  })

  it('is an error of the driver where that knows it', async () => {
    const mistake = new TypeError("Cannot read properties of null (reading 'write')")
    Object.assign(backend, {
      before: () => {
        throw mistake
      },
      toSessionError: (error: unknown) => (error === mistake ? new Error('the connection broke') : undefined),
    })
    await expect(store.load('a')).rejects.toThrow('the connection broke')
  })
})

describe('options that are left out', () => {
  it('are gathered: operations of one moment travel together, unless coalesce is false', async () => {
    const sizes: number[] = []
    const { read } = MapBackend.prototype
    backend.read = (keys) => {
      sizes.push(keys.length)
      return read.call(backend, keys)
    }
    await Promise.all(['a', 'b', 'c'].map((id) => store.load(id)))
    const apart = createSessionStore(backend, { coalesce: false })
    await Promise.all(['a', 'b', 'c'].map((id) => apart.load(id)))
    await turn()
    expect(sizes).toEqual([3, 1, 1, 1])
  })
})
