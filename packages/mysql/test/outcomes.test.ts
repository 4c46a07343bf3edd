import type { IdentityRef, Session, SessionStore } from '@sess/core'
import { type MysqlConfig, mysqlStore } from '@sess/mysql'
import { type Address, shared } from '@sess/testkit'
import mysql, { type Pool, type PoolConnection, type PoolOptions } from 'mysql2'
import { afterAll, describe, expect, test } from 'vitest'
import { engines } from './engines.ts'
import { asRoot, dropTables, freshTable } from './harness.ts'

/** What happens to a statement on its way to the server: it may wait, and be another one then. */
type OnItsWay = (text: string, connection: PoolConnection) => Promise<string> | string

/** A pool of mysql2 whose statements can be seen, held back and changed on their way. */
function watchedPool(server: Address, onItsWay: OnItsWay, options: PoolOptions = {}): Pool {
  const pool = mysql.createPool({ uri: server.url, ...options })
  pool.on('connection', (connection: PoolConnection) => {
    for (const method of ['execute', 'query'] as const) {
      const send = connection[method].bind(connection) as (...args: unknown[]) => unknown
      Object.assign(connection, {
        [method]: (first: string | { sql: string }, ...others: unknown[]) => {
          const text = typeof first === 'string' ? first : first.sql
          void Promise.resolve(onItsWay(text, connection)).then((sql) => {
            send(typeof first === 'string' ? sql : { ...first, sql }, ...others)
          })
        },
      })
    }
  })
  return pool
}

describe.each(engines)('on %s', async (name) => {
  const server = await shared(name)
  const ends: (() => Promise<unknown>)[] = []
  afterAll(async () => {
    for (const end of ends.toReversed()) await end()
  })

  /** A store, a second one on the same table, and what the first one sends. */
  async function open(config: Partial<MysqlConfig> = {}, options?: PoolOptions) {
    const table = freshTable()
    const sent: string[] = []
    const watch: { onItsWay: OnItsWay } = { onItsWay: (text) => text }
    const pool = watchedPool(
      server,
      (text, connection) => {
        sent.push(text)
        return watch.onItsWay(text, connection)
      },
      options,
    )
    const store = mysqlStore<{ n?: number }>({ pool, table, cleanupInterval: false, ...config })
    const peer = mysqlStore<{ n?: number }>({ url: server.url, table, cleanupInterval: false, ...config })
    ends.push(
      () => asRoot(server, (root) => dropTables(root, table)),
      () => new Promise<void>((resolve) => pool.end(() => resolve())),
      () => peer.close(),
      () => store.close(),
    )
    await store.count()
    sent.length = 0
    /** Runs once, before the first statement of the store that the pattern fits. */
    const beforeFirst = (pattern: RegExp, run: () => Promise<unknown>) => {
      watch.onItsWay = async (text) => {
        if (pattern.test(text)) {
          watch.onItsWay = (next) => next
          await run()
        }
        return text
      }
    }
    return { store, peer, pool, sent, table, watch, beforeFirst }
  }

  const who: IdentityRef = { providerId: 'github', externalId: 'user_888' }
  const soon = () => new Date(Date.now() + 3_600_000)

  /** Sessions with and without a deadline, saved together with new data; what became of each. */
  async function saveTogether(store: SessionStore<{ n?: number }>, sessions: readonly Session<{ n?: number }>[]) {
    return Promise.all(sessions.map((session, n) => store.save({ ...session, data: { n } })))
  }
  const create = (store: SessionStore<{ n?: number }>, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, n) => store.create(n % 2 ? { ttl: 60_000 + n } : { deadline: soon() })),
    )

  test.each(name === 'mariadb' ? ['', 'SIMULTANEOUS_ASSIGNMENT'] : [''])(
    'saves of sessions that are as they were loaded are one statement for all, with the sql_mode "%s" too',
    async (mode) => {
      const { store, peer, pool, sent } = await open({ maxLifetime: null }, { connectionLimit: 1 })
      if (mode) {
        pool.on('connection', (connection) => connection.query(`set session sql_mode = '${mode}'`))
        await new Promise((resolve) => pool.query(`set session sql_mode = '${mode}'`, resolve))
      }
      const made = await create(store, 20)
      sent.length = 0
      const saved = await saveTogether(store, made)
      const writes = sent.filter((text) => /sess|t_/.test(text) && !/^(set|start)/.test(text))
      expect(writes.filter((text) => text.startsWith('insert'))).toHaveLength(1)
      expect(writes.filter((text) => /for update/.test(text))).toEqual([])
      expect(await Promise.all(made.map(({ id }) => peer.load(id)))).toEqual(saved)
      expect(saved.map(({ data }) => data.n)).toEqual(made.map((_, n) => n))
      expect(saved.map(({ expiresAt }) => expiresAt)).toEqual(made.map(({ expiresAt }) => expiresAt))
    },
  )

  test.each([
    ['was touched', (peer: SessionStore, { id }: Session) => peer.touch(id, { ttl: '2h' })],
    ['was replaced by one built by hand', (peer: SessionStore, { id }: Session) => peer.save({ id, data: { n: -1 } })],
  ] as const)(
    'saves of which one is of a session that %s meanwhile are all told, and keep what is stored of its times',
    async (_what, change) => {
      const { store, peer } = await open({ maxLifetime: null })
      const made = await create(store, 6)
      const changed = made.at(-1) as Session
      await change(peer as unknown as SessionStore, changed)
      const times = await peer.load(changed.id)
      const saved = await saveTogether(store, made)
      expect(saved.at(-1)).toMatchObject({
        data: { n: 5 },
        createdAt: times?.createdAt,
        expiresAt: times?.expiresAt,
        ttlMs: times?.ttlMs,
        deadline: times?.deadline,
      })
      expect(await Promise.all(made.map(({ id }) => peer.load(id)))).toEqual(saved)
    },
  )

  test('saves of which some move their expiry and others keep it each have their own', async () => {
    const { store, peer, sent } = await open({ maxLifetime: null })
    const made = await create(store, 8)
    const asked = made.map((session, n) =>
      n < 4 ? session : { ...session, expiresAt: new Date(Date.now() + 600_000 + n) },
    )
    sent.length = 0
    const saved = await saveTogether(store, asked)
    expect(sent.filter((text) => /for update/.test(text))).toEqual([])
    expect(saved.map(({ expiresAt }) => expiresAt)).toEqual(asked.map(({ expiresAt }) => expiresAt))
    expect(await Promise.all(made.map(({ id }) => peer.load(id)))).toEqual(saved)
  })

  test.each([1, 3])('touches and rotations, %i at once, store all that they tell', async (size) => {
    let now = Date.now()
    const { store, peer, table, sent } = await open({ now: () => now, maxLifetime: null })
    const made = await Promise.all(Array.from({ length: size }, () => store.create({ ttl: '1m' })))
    const slots = () =>
      asRoot(server, async (root) => {
        const [rows] = await root.query(`select 1 from ${table} where expires_slot <> expires_at >> 19`)
        return rows
      })
    now += 30_000
    await Promise.all(made.map(({ id }) => store.touch(id, { ttl: '20m' })))
    const touched = made.map((session) => ({
      ...session,
      expiresAt: new Date(now + 1_200_000),
      lastSeenAt: new Date(now),
    }))
    expect(await Promise.all(made.map(({ id }) => peer.load(id)))).toEqual(touched)
    expect(await slots()).toEqual([])
    now += 30_000
    const options = { identity: { ...who, attributes: {} }, ttl: '40m', deadline: new Date(now + 7_200_000) } as const
    const rotated = await Promise.all(made.map(({ id }) => store.rotate(id, options)))
    expect(await Promise.all(rotated.map((session) => peer.load(session?.id ?? '')))).toEqual(rotated)
    expect(rotated.map((session) => [session?.ttlMs, session?.deadline, session?.lastSeenAt])).toEqual(
      made.map(() => [2_400_000, options.deadline, new Date(now)]),
    )
    expect(await slots()).toEqual([])
    // A batch that the server refuses is done one by one, and tells the same.
    expect(sent.filter((text) => /^rollback/.test(text))).toEqual([])
  })

  test('saves together that move the expiry of sessions that have ended revive none', async () => {
    let now = Date.now()
    const { store, peer } = await open({ now: () => now, maxLifetime: null })
    const made = await Promise.all(Array.from({ length: 4 }, () => store.create({ ttl: '1m' })))
    now += 120_000
    const moved = made.map((session) => ({ ...session, expiresAt: new Date(now + 600_000) }))
    const told = await Promise.allSettled(moved.map((session) => store.save(session)))
    expect(told.map((one) => (one as PromiseRejectedResult).reason?.code)).toEqual(made.map(() => 'SESS_GONE'))
    expect(await peer.count()).toBe(0)
  })

  test('of saves together one is of a session that was deleted meanwhile: that one is gone, and the others are stored', async () => {
    const { store, peer } = await open()
    const made = await create(store, 5)
    await peer.delete((made[2] as Session).id)
    const told = await Promise.allSettled(made.map((session, n) => store.save({ ...session, data: { n } })))
    expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect((told[2] as PromiseRejectedResult).reason).toMatchObject({ code: 'SESS_GONE' })
    const loaded = await Promise.all(made.map(({ id }) => peer.load(id)))
    expect(loaded.map((session) => session?.data.n)).toEqual([0, 1, undefined, 3, 4])
  })

  test('a lone write of every kind that finds its row is one statement, without a transaction', async () => {
    const { store, sent } = await open()
    const counts: Record<string, number> = {}
    const count = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
      sent.length = 0
      const result = await run()
      counts[what] = sent.length
      return result
    }
    const session = await count('create', () => store.create({ data: { n: 1 }, identity: who }))
    const saved = await count('save', () => store.save({ ...session, data: { n: 2 } }))
    await count('save by hand', () => store.save({ id: 'by-hand', expiresAt: soon() }))
    await count('touch', () => store.touch(session.id))
    const rotated = await count('rotate', () => store.rotate(session.id))
    await count('update', () =>
      store.update(rotated?.id ?? '', ({ data }) => {
        data.n = 3
      }),
    )
    const state = await count('putState', () => store.putState())
    await count('consumeState', () => store.consumeState(state))
    expect((await store.load(rotated?.id ?? ''))?.data).toEqual({ n: 3 })
    expect(saved.data).toEqual({ n: 2 })
    expect(await count('delete', () => store.delete(rotated?.id ?? ''))).toBe(true)
    // rotate and update read the session first.
    expect(counts).toEqual({
      create: 1,
      save: 1,
      'save by hand': 1,
      touch: 1,
      rotate: 2,
      update: 2,
      putState: 1,
      consumeState: 2,
      delete: 1,
    })
  })

  test.each([[{}], [{ flags: ['-FOUND_ROWS'] }]])(
    'a touch tells the expiry that is stored, with the options %j',
    async (options) => {
      let now = 1_000_000
      const { store, peer } = await open({ now: () => now }, options)
      const capped = await store.create({ ttl: '1m', deadline: new Date(1_000_000 + 90_000) })
      const free = await store.create({ ttl: '1m' })
      now += 30_000
      expect(await store.touch(capped.id, { ttl: '10m' })).toEqual(new Date(1_090_000))
      expect(await store.touch(free.id, { ttl: '10m' })).toEqual(new Date(1_630_000))
      // Nothing changes, and yet it is a touch.
      expect(await store.touch(free.id, { ttl: '10m' })).toEqual(new Date(1_630_000))
      expect((await peer.load(free.id))?.expiresAt).toEqual(new Date(1_630_000))
      now = 1_090_000
      expect(await store.touch(capped.id)).toBeNull()
      expect(await store.touch('nobody')).toBeNull()
    },
  )

  test('a save of a session whose dates were made up keeps the stored ones, and tells them', async () => {
    const { store } = await open()
    const deadline = new Date(Date.now() + 7_200_000)
    const session = await store.create({ data: { n: 1 }, deadline })
    const { createdAt } = session
    const saved = await store.save({ ...session, createdAt: new Date(5), deadline: null, data: { n: 2 } })
    expect([saved.createdAt, saved.deadline]).toEqual([createdAt, deadline])
    expect(await store.load(session.id)).toEqual(saved)
    await store.delete(session.id)
    await expect(store.save(saved)).rejects.toMatchObject({ code: 'SESS_GONE' })
  })

  describe.each([1, 2])('of %i at once', (size) => {
    const ids = Array.from({ length: size }, (_, index) => `id-${index}`)

    test('a delete that says that there was nothing leaves what is saved meanwhile', async () => {
      const { store, peer, beforeFirst } = await open()
      beforeFirst(/^(delete|commit)/i, () => Promise.all(ids.map((id) => peer.save({ id, expiresAt: soon() }))))
      const said = await Promise.all(ids.map((id) => store.delete(id)))
      const lives = await Promise.all(ids.map((id) => peer.exists(id)))
      expect(said).toEqual(lives.map((live) => !live))
    })

    test('a state that is put while one is consumed is given out, then or later', async () => {
      const { store, peer, beforeFirst } = await open()
      const states = ids.map((id) => `state-${id}`)
      let isPut = false
      const put = async () => {
        isPut = true
        await Promise.all(states.map((state) => peer.putState({ state })))
      }
      beforeFirst(/^(delete|commit)/i, put)
      const first = await Promise.all(states.map((state) => store.consumeState(state)))
      if (!isPut) await put()
      const later = await Promise.all(states.map((state) => peer.consumeState(state)))
      expect(first.map((found, index) => found ?? later[index])).not.toContain(null)
    })

    test('a state that is put again while it is consumed is given out once', async () => {
      const { store, peer, beforeFirst } = await open()
      const states = ids.map((id) => `state-${id}`)
      await Promise.all(states.map((state) => peer.putState({ state, data: { n: 1 } })))
      let put: Promise<unknown> = Promise.resolve()
      beforeFirst(/^delete/i, async () => {
        put = Promise.all(states.map((state) => peer.putState({ state, data: { n: 2 } })))
        // In a batch the state is locked: the put waits for the end of the transaction.
        if (size === 1) await put
      })
      const first = await Promise.all(states.map((state) => store.consumeState(state)))
      await put
      const later = await Promise.all(states.map((state) => peer.consumeState(state)))
      const given = states.map((_, index) => [first[index]?.data, later[index]?.data])
      expect(given).toEqual(states.map(() => (size === 1 ? [{ n: 2 }, undefined] : [{ n: 1 }, { n: 2 }])))
    })

    test('a delete of one person’s session leaves another person’s, and says so', async () => {
      const { store, peer } = await open()
      const other = { ...who, externalId: 'user_999' }
      const mine = await Promise.all(ids.map(() => store.create({ identity: who })))
      const theirs = await Promise.all(ids.map(() => store.create({ identity: other })))
      const told = await Promise.all(
        [...mine, ...theirs].map(({ handle }) => store.deleteByHandle(handle, { identity: who })),
      )
      expect(told).toEqual([...mine.map(() => true), ...theirs.map(() => false)])
      expect(await peer.listByIdentity(other)).toHaveLength(size)
      expect(await peer.listByIdentity(who)).toEqual([])
    })

    test('a create is one statement: nothing that is cleaned up meanwhile makes a collision of it', async () => {
      let now = Date.now()
      const { store, peer, sent } = await open({ now: () => now })
      const made = await Promise.all(ids.map(() => store.create({ ttl: 1 })))
      expect(sent).toHaveLength(1)
      now += 10
      expect(await peer.cleanExpired()).toBe(size)
      expect(new Set(made.map(({ id }) => id)).size).toBe(size)
    })

    test('a rotation whose session ends right after it tells of the session that it moved', async () => {
      const { store, peer, watch } = await open()
      const sessions = await Promise.all(ids.map(() => store.create({ identity: who, data: { n: 1 } })))
      let hasWritten = false
      let ended: Promise<number> | undefined
      watch.onItsWay = (text) => {
        if (hasWritten) ended ??= peer.deleteByIdentity(who)
        hasWritten ||= /^(update|insert)/i.test(text)
        return text
      }
      const rotated = await Promise.all(sessions.map(({ id }) => store.rotate(id)))
      expect(rotated.map((session) => session?.data)).toEqual(ids.map(() => ({ n: 1 })))
      await (ended ?? peer.deleteByIdentity(who))
      expect(await peer.listByIdentity(who)).toEqual([])
    })
  })

  test('many creates of which some have an id in use each get one of their own, and what is there stays', async () => {
    const taken = 'x'.repeat(43)
    let made = 0
    const generateId = () => (made++ < 3 ? taken : `fresh-${made}`.padEnd(43, '-'))
    const { store, peer } = await open({ generateId })
    await peer.save({ id: taken, expiresAt: soon(), data: { n: 7 } })
    const sessions = await Promise.all(Array.from({ length: 6 }, (_, n) => store.create({ data: { n } })))
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(6)
    expect((await peer.load(taken))?.data).toEqual({ n: 7 })
    expect(await peer.count()).toBe(7)
  })

  test('what a connection limits its SELECTs to turns no live session into null', async () => {
    const { store, watch } = await open()
    const limited = new WeakSet<PoolConnection>()
    watch.onItsWay = async (text, connection) => {
      if (!limited.has(connection)) {
        limited.add(connection)
        await new Promise<void>((resolve) => connection.query('set session sql_select_limit = 1', () => resolve()))
      }
      return text
    }
    const sessions = await Promise.all(Array.from({ length: 5 }, () => store.create({ identity: who })))
    expect(await Promise.all(sessions.map(({ id }) => store.load(id)))).toEqual(sessions)
    expect(await store.listByIdentity(who)).toHaveLength(5)
    expect(await Promise.all(sessions.map(({ id }) => store.touch(id)))).not.toContain(null)
    const states = await Promise.all(sessions.map(() => store.putState()))
    expect(await Promise.all(states.map((state) => store.consumeState(state)))).not.toContain(null)
    expect(await store.deleteByIdentity(who)).toBe(5)
  })

  test('with reads split to a replica that has nothing yet, every write does and tells what it should', async () => {
    const { store, peer, table, watch } = await open()
    await asRoot(server, (root) => root.query(`create table ${table}_replica like ${table}`))
    await asRoot(server, (root) => root.query(`create table ${table}_states_replica like ${table}_states`))
    ends.push(() => asRoot(server, (root) => root.query(`drop table ${table}_replica, ${table}_states_replica`)))
    const inTransaction = new Set<PoolConnection>()
    watch.onItsWay = (text, connection) => {
      if (/^start/i.test(text)) inTransaction.add(connection)
      if (/^(commit|rollback)/i.test(text)) inTransaction.delete(connection)
      const goesToReplica = /^select/i.test(text) && !/for update/i.test(text) && !inTransaction.has(connection)
      return goesToReplica
        ? text.replaceAll(`\`${table}`, `\`${table}_replica`).replaceAll('_replica_states', '_states_replica')
        : text
    }
    for (const size of [1, 3]) {
      const each = <T>(run: (index: number) => Promise<T>) =>
        Promise.all(Array.from({ length: size }, (_, index) => run(index)))
      const made = await each(() => store.create({ identity: who, data: { n: 1 } }))
      expect(await each(async (index) => store.load(made[index]?.id ?? ''))).toEqual(made.map(() => null))
      const saved = await each(async (index) => store.save({ ...(made[index] as (typeof made)[0]), data: { n: 2 } }))
      expect(saved.map(({ createdAt }) => createdAt)).toEqual(made.map(({ createdAt }) => createdAt))
      expect(await each((index) => store.touch(made[index]?.id ?? '', { ttl: '3h' }))).not.toContain(null)
      const states = await each((index) => store.putState({ state: `state-${size}-${index}` }))
      expect(await each((index) => store.consumeState(states[index] ?? ''))).not.toContain(null)
      expect(await store.delete(made[0]?.id ?? '')).toBe(true)
      expect(await store.deleteByIdentity(who)).toBe(size - 1)
      expect(await peer.count()).toBe(0)
    }
  })
})
