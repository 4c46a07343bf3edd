import type { SessionStore, SessionSummary } from '@sess/core'
import { redisStore } from '@sess/redis'
import { isSkipped, start } from '@sess/testkit'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { KeyLayout } from '../src/key-layout.ts'
import { ada } from './opened.ts'

describe.skipIf(isSkipped('redis-cluster'))('while a slot of a Cluster is moved', () => {
  /** Forty sessions and a slot with some of them, of which some keys have moved. */
  async function halfWay(isFirst: (key: string) => boolean) {
    const cluster = await start('redis-cluster')
    onTestFinished(() => cluster.stop())
    const nodes = cluster.nodes.slice(0, 2)
    const [from, to] = nodes.map((node) => new Redis(node)) as [Redis, Redis]
    onTestFinished(() => [from, to].forEach((node) => void node.disconnect()))
    const url = `redis-cluster://${cluster.nodes.map(({ host, port }) => `${host}:${port}`).join(',')}`
    const store = redisStore({ url, sessionPrefix: 's:', timeoutMs: 4_000 })
    onTestFinished(() => store.close())
    const ids: string[] = []
    const [bucket] = new KeyLayout('s:').buckets as [string]
    const slot = Number(await from.cluster('KEYSLOT', bucket))
    const inSlot = async () => (await from.cluster('GETKEYSINSLOT', slot, 1_000)) as string[]
    while (ids.length < 40 || (await inSlot()).length < 5) ids.push((await store.create({ identity: ada })).id)

    const [fromId, toId] = await Promise.all([from.cluster('MYID'), to.cluster('MYID')])
    await to.cluster('SETSLOT', slot, 'IMPORTING', String(fromId))
    await from.cluster('SETSLOT', slot, 'MIGRATING', String(toId))
    const move = async (keys: string[]) => {
      const { host, port } = nodes[1] as { host: string; port: number }
      for (const key of keys) await from.migrate(host, port, key, 0, 5_000)
    }
    await move((await inSlot()).filter(isFirst))
    const finish = async () => {
      await move(await inSlot())
      for (const node of [to, from]) await node.cluster('SETSLOT', slot, 'NODE', String(toId))
    }
    return { store, ids, finish }
  }

  const live = async (store: SessionStore, ids: string[]) =>
    (await Promise.all(ids.map((id) => store.exists(id)))).filter(Boolean).length
  const answerOf = (call: Promise<unknown>) => call.catch((error: { code?: string }) => error.code)

  it.each([
    ['some records', (key: string) => /\}:.*[0-9A-Z]$/.test(key)],
    ['all records', (key: string) => key.includes('}:')],
    ['the indexes', (key: string) => !key.includes('}:')],
  ])('with %s moved, no session is forgotten', { timeout: 120_000 }, async (_name, isFirst) => {
    const { store, ids, finish } = await halfWay(isFirst)
    expect(await live(store, ids)).toBe(ids.length)
    for (const list of [store.listByIdentity(ada), listed(store)]) {
      const answer = await answerOf(list)
      if (Array.isArray(answer)) expect(answer).toHaveLength(ids.length)
      else expect(answer).toBe('SESS_UNAVAILABLE')
    }
    expect([ids.length, 'SESS_UNAVAILABLE']).toContain(await answerOf(store.count()))
    const ended = await answerOf(store.deleteByIdentity(ada))
    if (ended === ids.length) expect(await live(store, ids)).toBe(0)
    else expect(['SESS_UNAVAILABLE', 'SESS_TIMEOUT']).toContain(ended)

    await finish()
    await expect.poll(() => answerOf(store.listByIdentity(ada)), { timeout: 20_000 }).toBeInstanceOf(Array)
    expect(await store.listByIdentity(ada)).toHaveLength(await live(store, ids))
    await store.deleteByIdentity(ada)
    expect(await live(store, ids)).toBe(0)
    expect(await store.count()).toBe(0)
  })

  async function listed(store: SessionStore) {
    const found: SessionSummary[] = []
    for await (const session of store.entries()) found.push(session)
    return found
  }
})
