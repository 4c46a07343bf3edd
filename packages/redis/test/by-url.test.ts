import { openStore, type SessionStore } from '@sess/core'
import '@sess/redis'
import { type Endpoint, isSkipped, shared, start } from '@sess/testkit'
import { describe, expect, it, onTestFinished } from 'vitest'

const timeout = 120_000
const unavailable = { code: 'SESS_UNAVAILABLE', retryable: true }
const listOf = (endpoints: readonly Endpoint[]) => endpoints.map(({ host, port }) => `${host}:${port}`).join(',')

async function opened(url: string): Promise<SessionStore> {
  const store = await openStore(url)
  onTestFinished(() => store.close())
  return store
}

/** Until the store answers again; an outage is an error till then, and never an answer. */
async function untilItAnswers(store: SessionStore): Promise<void> {
  await expect.poll(() => store.ping().catch(({ code }) => code), { timeout: 60_000 }).toBeUndefined()
}

describe.skipIf(isSkipped('redis-cluster'))('a store on a redis-cluster: URL', () => {
  it('finds all nodes by one, and outlives a failover, the death of a master and an outage', { timeout }, async () => {
    const cluster = await start('redis-cluster', { args: ['--appendonly', 'yes'] })
    onTestFinished(() => cluster.stop())
    const url = `redis-cluster://${listOf(cluster.nodes.slice(0, 1))}`
    const store = await opened(`${url}?timeout_ms=2000`)
    const sessions = await Promise.all(Array.from({ length: 100 }, () => store.create()))
    await cluster.failover(1)
    expect(await Promise.all(sessions.map(({ id }) => store.load(id)))).toEqual(sessions)

    await cluster.members[0]?.kill()
    const loadsAll = () => Promise.all(sessions.map(({ id }) => store.load(id))).catch(({ code }) => code)
    await expect.poll(loadsAll, { timeout: 60_000 }).toEqual(sessions)

    await cluster.kill()
    const begun = performance.now()
    await expect(store.load(sessions[0]?.id as string)).rejects.toMatchObject({ retryable: true })
    expect(performance.now() - begun).toBeLessThan(4_000)
    await cluster.restart()
    await untilItAnswers(store)
    await expect.poll(loadsAll, { timeout: 60_000 }).toEqual(sessions)
  })

  it('gives user and password to each node', async () => {
    const { nodes } = await shared('redis-cluster')
    await expect(openStore(`redis-cluster://nobody:wrong@${listOf(nodes)}`)).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      retryable: false,
    })
  })

  it('that leads nowhere is told at once', async () => {
    await expect(openStore('redis-cluster://127.0.0.1:1,127.0.0.1:2')).rejects.toMatchObject(unavailable)
  })
})

describe.skipIf(isSkipped('redis-sentinel'))('a store on a redis-sentinel: URL', () => {
  it('follows the master, and outlives an outage', { timeout }, async () => {
    const sentinel = await start('redis-sentinel', { args: ['--appendonly', 'yes'] })
    onTestFinished(() => sentinel.stop())
    const store = await opened(`redis-sentinel://${listOf(sentinel.sentinels)}/${sentinel.name}?timeout_ms=2000`)
    const { id } = await store.create({ data: { n: 1 } })
    const master = await sentinel.failover()
    expect(master).not.toMatchObject({ port: sentinel.port })
    await untilItAnswers(store)
    await expect.poll(() => store.touch(id).catch(({ code }) => code), { timeout: 60_000 }).toBeInstanceOf(Date)
    expect((await store.load(id))?.data).toEqual({ n: 1 })

    await sentinel.kill()
    const begun = performance.now()
    await expect(store.load(id)).rejects.toMatchObject({ retryable: true })
    expect(performance.now() - begun).toBeLessThan(4_000)
    await sentinel.restart()
    await untilItAnswers(store)
    expect((await store.load(id))?.data).toEqual({ n: 1 })
  })

  it('logs in to the master, and takes its database', async () => {
    const { sentinels, name } = await shared('redis-sentinel')
    const hosts = listOf(sentinels)
    await expect(openStore(`redis-sentinel://nobody:wrong@${hosts}/${name}`)).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      retryable: false,
    })
    await expect(openStore(`redis-sentinel://${hosts}/${name}/999999`)).rejects.toMatchObject({ code: 'SESS_CONFIG' })
  })

  it('with a name that the sentinels do not know, or without a sentinel, is told at once', async () => {
    const { sentinels } = await shared('redis-sentinel')
    await expect(openStore(`redis-sentinel://${listOf(sentinels)}/nobody`)).rejects.toMatchObject(unavailable)
    await expect(openStore('redis-sentinel://127.0.0.1:1,127.0.0.1:2/sess')).rejects.toMatchObject(unavailable)
  })
})
