import { randomBytes } from 'node:crypto'
import type { SessionStore } from '@sess/core'
import { type RedisConfig, redisStore } from '@sess/redis'
import { isSkipped, shared } from '@sess/testkit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { scripts } from '../src/scripts.ts'
import { ada, comeBetween, hourMs } from './opened.ts'

const many = 700

/** Calls back whenever a list or a sign-out has found entries, and has yet to look at their records. */
function whenFound(run: () => Promise<void>): void {
  let isRunning = false
  comeBetween(async ({ script }, proceed) => {
    const answer = await proceed()
    if (script === scripts.find && !isRunning) {
      isRunning = true
      await run().finally(() => {
        isRunning = false
      })
    }
    return answer
  })
}

const servers: { name: 'redis7' | 'redis-cluster'; config: () => Promise<RedisConfig> }[] = [
  { name: 'redis7', config: async () => ({ url: (await shared('redis7')).url }) },
  {
    name: 'redis-cluster',
    config: async () => {
      const { nodes } = await shared('redis-cluster')
      return { url: `redis-cluster://${nodes.map(({ host, port }) => `${host}:${port}`).join(',')}` }
    },
  },
]

describe.each(servers.filter(({ name }) => !isSkipped(name)))('on $name', ({ name, config }) => {
  // A Cluster needs a call a bucket.
  const timeout = 120_000

  async function openTwo(options: Partial<RedisConfig> = {}) {
    const prefix = `t${randomBytes(6).toString('hex')}`
    const common = { sessionPrefix: `${prefix}s:`, statePrefix: `${prefix}t:`, ...options }
    const [store, peer] = [
      redisStore({ ...(await config()), ...common }),
      redisStore({ ...(await config()), ...common }),
    ]
    onTestFinished(async () => {
      await store.deleteByIdentity(ada)
      await Promise.all([store.close(), peer.close()])
    })
    return { store, peer }
  }

  /** Sessions that know their number, and their present ids. */
  async function numbered(store: SessionStore) {
    const created = Array.from({ length: many }, (_, n) => store.create({ identity: ada, data: { n }, ttl: hourMs }))
    return (await Promise.all(created)).map(({ id }) => id)
  }

  /** Gives new ids to some sessions, others each time. */
  async function rotateSome(store: SessionStore, ids: string[], count: number) {
    await Promise.all(
      Array.from({ length: count }, async () => {
        const n = Math.floor(Math.random() * ids.length)
        const rotated = await store.rotate(ids[n] as string)
        if (rotated !== null) ids[rotated.data.n as number] = rotated.id
      }),
    )
  }

  it.each(['hashed', 'plain'] as const)(
    'a list misses no session that is rotated meanwhile, with ids that are %s',
    { timeout },
    async (ids) => {
      // All have begun at one instant.
      const { store, peer } = await openTwo({ ids, now: () => 1_800_000_000_000 })
      const present = await numbered(store)
      whenFound(() => rotateSome(peer, present, 40))
      const listed = new Set((await store.listByIdentity(ada, { limit: 10_000 })).map(({ data }) => data.n))
      expect(listed.size).toBe(many)
    },
  )

  it('signing out everywhere misses no session that is rotated meanwhile', { timeout }, async () => {
    const { store, peer } = await openTwo()
    const present = await numbered(store)
    whenFound(() => rotateSome(peer, present, 40))
    expect(await store.deleteByIdentity(ada)).toBe(many)
    expect(await peer.listByIdentity(ada)).toEqual([])
    expect((await Promise.all(present.map((id) => peer.exists(id)))).filter(Boolean)).toEqual([])
  })

  it('signing out everywhere ends, though further sessions begin all the time', { timeout }, async () => {
    const { store, peer } = await openTwo()
    const present = await numbered(store)
    let begun = 0
    whenFound(async () => {
      begun += 30
      await Promise.all(Array.from({ length: 30 }, () => peer.create({ identity: ada })))
    })
    const ended = await store.deleteByIdentity(ada)
    expect(ended).toBeGreaterThanOrEqual(many)
    expect(ended).toBeLessThanOrEqual(many + begun)
    expect((await Promise.all(present.map((id) => peer.exists(id)))).filter(Boolean)).toEqual([])
  })

  it('signing out everywhere but here spares that session', { timeout }, async () => {
    const { store } = await openTwo()
    const present = await numbered(store)
    const [here] = present as [string]
    expect(await store.deleteByIdentity(ada, { except: here })).toBe(many - 1)
    expect((await store.listByIdentity(ada)).map(({ data }) => data.n)).toEqual([0])
  })

  // A Cluster is asked bucket by bucket, in no order that a test could force.
  const inOneCall = name === 'redis7' ? it : () => {}
  inOneCall('a session that is rotated without a pause is told of, not passed over', async () => {
    const { store, peer } = await openTwo()
    let { id } = await store.create({ identity: ada })
    whenFound(async () => {
      id = (await peer.rotate(id))?.id ?? id
    })
    await expect(store.deleteByIdentity(ada)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' })
    await expect(store.listByIdentity(ada)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' })
    expect(await peer.exists(id)).toBe(true)
  })

  it('deleteAll ends the only session, though it is rotated after the scan has found its entry', {
    timeout,
  }, async () => {
    const { store, peer } = await openTwo()
    let { id } = await store.create()
    let isRotated = false
    comeBetween(async ({ script }, proceed) => {
      const answer = await proceed()
      if (script === scripts.scan && !isRotated) {
        isRotated = true
        id = (await peer.rotate(id))?.id ?? id
      }
      return answer
    })
    expect(await store.deleteAll()).toBe(1)
    expect(isRotated).toBe(true)
    expect(await peer.exists(id)).toBe(false)
  })

  it('no command is longer the more sessions there are', { timeout }, async () => {
    let time = Date.now()
    const { store } = await openTwo({ now: () => time })
    for (let round = 0; round < 5; round += 1) await numbered(store)
    let longest = 0
    comeBetween(async ({ keys, args }, proceed) => {
      const answer = await proceed()
      const answered = Array.isArray(answer) ? answer.flat().length : 1
      longest = Math.max(longest, keys.length + args.length, answered)
      return answer
    })
    expect(await store.listByIdentity(ada, { limit: 10_000 })).toHaveLength(5 * many)
    let entries = 0
    for await (const _ of store.entries()) entries += 1
    expect(entries).toBe(5 * many)
    expect(await store.count()).toBe(5 * many)
    time += hourMs - 1
    expect(await store.count()).toBe(5 * many)
    const half = (await store.listByIdentity(ada, { limit: 10_000 })).slice(0, 2 * many)
    await Promise.all(half.map(({ handle }) => store.deleteByHandle(handle)))
    time += 1
    expect(await store.cleanExpired()).toBe(3 * many)
    for (let round = 0; round < 5; round += 1) await numbered(store)
    expect(await store.deleteByIdentity(ada)).toBe(5 * many)
    expect(longest).toBeGreaterThan(10)
    expect(longest).toBeLessThan(1_200)
  })
})
