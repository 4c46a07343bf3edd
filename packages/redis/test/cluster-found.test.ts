import { randomBytes } from 'node:crypto'
import { openStore } from '@sess/core'
import '@sess/redis'
import { type RedisConfig, redisStore } from '@sess/redis'
import { type Endpoint, isSkipped, shared } from '@sess/testkit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { drivers } from './harness.ts'

const hostOf = ({ host, port }: Endpoint) => `${host}:${port}`
const prefixes = () => {
  const name = `t${randomBytes(6).toString('hex')}`
  return { sessionPrefix: `${name}:s:`, statePrefix: `${name}:t:` }
}
const noClusterClient = {
  code: 'SESS_CONFIG',
  retryable: false,
  message: expect.stringContaining('redis-cluster://'),
}

describe.skipIf(isSkipped('redis-cluster'))('a client of one server, at a node of a Cluster', () => {
  it.each(drivers)(
    'is told by ping and by every other call to be none of a Cluster, with %s',
    async (_name, clientOf) => {
      const { nodes } = await shared('redis-cluster')
      for (const node of nodes.slice(0, 2)) {
        const store = redisStore({ client: clientOf(`redis://${hostOf(node)}`), ...prefixes() })
        onTestFinished(() => store.close())
        await expect(store.ping()).rejects.toMatchObject(noClusterClient)
        await expect(store.count()).rejects.toMatchObject(noClusterClient)
      }
    },
  )

  it('is found out by openStore where the URL says redis:', async () => {
    const { nodes } = await shared('redis-cluster')
    await expect(openStore(`redis://${hostOf(nodes[0] as Endpoint)}`)).rejects.toMatchObject(noClusterClient)
  })
})

describe.skipIf(isSkipped('redis-cluster'))('an addr that turns out to be a node of a Cluster', () => {
  it.each<[string, (nodes: Endpoint[]) => RedisConfig]>([
    ['one addr', ([node]) => ({ addr: hostOf(node as Endpoint) })],
    ['one addr with database 0', ([node]) => ({ addr: hostOf(node as Endpoint), db: 0 })],
    ['several addrs', (nodes) => ({ addrs: nodes.map(hostOf) })],
    ['cluster: true', ([node]) => ({ addr: hostOf(node as Endpoint), cluster: true })],
  ])('is connected to as one: %s', async (_name, configOf) => {
    const { nodes } = await shared('redis-cluster')
    const store = redisStore({ ...configOf(nodes), ...prefixes() })
    onTestFinished(() => store.close())
    const ada = { providerId: 'github', externalId: 'ada' }
    const sessions = await Promise.all(Array.from({ length: 50 }, () => store.create({ identity: ada })))
    expect(await Promise.all(sessions.map(({ id }) => store.load(id)))).toEqual(sessions)
    expect(await store.rotate(sessions[0]?.id as string)).not.toBeNull()
    expect(await store.deleteByIdentity(ada)).toBe(50)
  })

  it('has database 0 alone', async () => {
    const { nodes } = await shared('redis-cluster')
    const config = { addr: hostOf(nodes[0] as Endpoint), db: 1, session_prefix: 'x:', state_prefix: 'y:' }
    await expect(openStore({ type: 'redis', config } as unknown)).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      message: expect.stringMatching(/Cluster, which has database 0 alone, and not 1/),
    })
  })

  it('is an error with cluster: false', async () => {
    const { nodes } = await shared('redis-cluster')
    const config = { addr: hostOf(nodes[0] as Endpoint), cluster: false }
    await expect(openStore({ type: 'redis', config })).rejects.toMatchObject(noClusterClient)
  })
})

describe.skipIf(isSkipped('redis-sentinel'))('addresses of sentinels', () => {
  it('lead to the master of the given name', async () => {
    const { sentinels, name } = await shared('redis-sentinel')
    const config = { addrs: sentinels.map(hostOf), sentinel: name, db: 1, sessionPrefix: 'x:', statePrefix: 'y:' }
    const store = await openStore({ type: 'redis', config })
    onTestFinished(() => store.close())
    const { id } = await store.create()
    expect(await store.delete(id)).toBe(true)
  })
})

describe.skipIf(isSkipped('redis7'))('an addr that is no node of a Cluster', () => {
  it('is connected to as it is', async () => {
    const server = await shared('redis7')
    const config = { addrs: [hostOf(server)], db: 1, ...prefixes() }
    const store = await openStore({ type: 'redis', config })
    onTestFinished(() => store.close())
    const { id } = await store.create()
    expect(await store.delete(id)).toBe(true)
  })
})
