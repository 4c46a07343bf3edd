import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { broughtServer } from '../src/brought.ts'
import { type Endpoint, isSkipped, shared, start, startRedis } from '../src/index.ts'
import { talkTo } from './ask-server.ts'

afterEach(() => void vi.unstubAllEnvs())

describe('a server that a person brings', () => {
  it('is none where its variable is not set', async () => {
    vi.stubEnv('SESS_TEST_MYSQL_URL', '')
    expect(await broughtServer('mysql9')).toBeNull()
  })

  it('is read from its variable, with the port that its protocol has by default', async () => {
    vi.stubEnv('SESS_TEST_POSTGRES_URL', 'postgres://me:secret@db.test/sess')
    const expected = { url: 'postgres://me:secret@db.test/sess', host: 'db.test', port: 5432, version: null }
    expect(await broughtServer('postgres15')).toEqual(expected)
  })

  it.skipIf(isSkipped('redis-cluster'))(
    'can be a cluster, of which some nodes are named and all are found',
    async () => {
      const cluster = await shared('redis-cluster')
      const [first, second] = cluster.nodes.map(({ host, port }) => `${host}:${port}`)
      vi.stubEnv('SESS_TEST_REDIS_CLUSTER_URL', `redis://${first},${second}`)
      const brought = await broughtServer('redis-cluster')
      expect(brought?.url).toBe(`redis://${first}`)
      const inOrder = (nodes: Endpoint[] = []) => nodes.toSorted((one, other) => one.port - other.port)
      expect(inOrder(brought?.nodes)).toEqual(inOrder(cluster.nodes))
    },
  )

  it.skipIf(isSkipped('redis-sentinel'))('can be found through sentinels', async () => {
    const redis = await shared('redis-sentinel')
    const hosts = redis.sentinels.map(({ host, port }) => `${host}:${port}`).join()
    vi.stubEnv('SESS_TEST_REDIS_SENTINEL_URL', `redis-sentinel://${hosts}/sess`)
    const { name, sentinels, nodes, port } = redis
    expect(await broughtServer('redis-sentinel')).toMatchObject({ name, sentinels, nodes, port })
  })

  it('is an error that names the variable when it cannot be read', async () => {
    vi.stubEnv('SESS_TEST_REDIS_CLUSTER_URL', 'redis://a.test')
    await expect(broughtServer('redis-cluster')).rejects.toThrow(/^SESS_TEST_REDIS_CLUSTER_URL cannot be used/)
  })

  it.skipIf(isSkipped('redis7'))('has outages of the network, and is not killed', async () => {
    await using theirs = await startRedis()
    vi.stubEnv('SESS_TEST_REDIS_URL', theirs.url)
    const redis = await start('redis7')
    onTestFinished(() => redis.stop())
    const before = await talkTo('redis7', redis)
    await before.write('kept')
    await redis.kill()
    await expect(before.read()).rejects.toThrow()
    expect(theirs.pids).toHaveLength(1)
    await redis.restart()
    const after = await talkTo('redis7', redis)
    expect(await after.read()).toBe('kept')
    await after.end()
  })
})

describe('SESS_TEST_SKIP', () => {
  it('leaves out what it names, and nothing else', () => {
    vi.stubEnv('SESS_TEST_SKIP', 'mysql9, redis-cluster')
    expect([isSkipped('mysql9'), isSkipped('redis-cluster'), isSkipped('mariadb')]).toEqual([true, true, false])
  })

  it('must not name what there is not: a typing error would be a test that nobody misses', () => {
    vi.stubEnv('SESS_TEST_SKIP', 'mysql')
    expect(() => isSkipped('mysql9')).toThrow('SESS_TEST_SKIP names mysql;')
  })
})
