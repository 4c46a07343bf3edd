import { existsSync } from 'node:fs'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { describe, expect, it, onTestFinished } from 'vitest'
import { redisCommand } from '../src/engines/resp.ts'
import { type Endpoint, isSkipped, type ServerName, singleNames, start } from '../src/index.ts'
import { talkTo } from './ask-server.ts'
import { expectGone, folderOf, isRunning } from './outcome-of-a-process.ts'

const timeout = 120_000

describe('a private server', () => {
  // Those of several processes have tests of their own.
  const single = singleNames.filter((name) => !['redis-cluster', 'redis-sentinel'].includes(name))
  for (const name of single) {
    it.skipIf(isSkipped(name))(`${name} keeps its port and its data over an outage`, { timeout }, async () => {
      const server = await startForTest(name)
      const { port, pids } = server
      const before = await talkTo(name, server)
      await before.write('kept')

      await server.kill()
      expect(pids.filter(isRunning)).toEqual([])
      await expect(before.read()).rejects.toThrow()
      await before.end()

      await server.restart()
      expect(server.port).toBe(port)
      const after = await talkTo(name, server)
      expect(await after.read()).toBe('kept')
      await after.end()
    })
  }

  it.skipIf(isSkipped('postgres15'))('is gone with its folder when it is stopped', { timeout }, async () => {
    const server = await startForTest('postgres15')
    const folders = server.pids.map(folderOf)
    const pids = [...server.pids]
    expect(folders.every((folder) => existsSync(folder))).toBe(true)
    await server.stop()
    await expectGone(pids, folders, 1000)
  })

  // A MariaDB that starts deletes the temporary tables in its tmpdir: another server that uses one of them crashes.
  for (const name of ['mariadb', 'mysql9'] as const) {
    it.skipIf(isSkipped(name))(`${name} keeps its temporary tables in a folder of its own`, { timeout }, async () => {
      const server = await startForTest(name)
      const client = await createConnection(server.url)
      const [rows] = await client.query<RowDataPacket[]>('select @@tmpdir as folder')
      await client.end()
      expect(server.pids.map(folderOf)).toContain(rows[0]?.folder)
    })
  }

  it.skipIf(isSkipped('redis7'))('that cannot start says why, with the end of its log', async () => {
    await expect(start('redis7', { args: ['--maxmemory', 'plenty'] })).rejects.toThrow(
      /redis: starting it failed.*plenty/s,
    )
  })
})

describe('redis-cluster', () => {
  it.skipIf(isSkipped('redis-cluster'))('lives through a failover and an outage', { timeout }, async () => {
    const cluster = await startForTest('redis-cluster')
    const conversation = await talkTo('redis-cluster', cluster)
    await conversation.write('kept')
    const promoted: Endpoint[] = []
    for (const index of [0, 1, 2]) promoted.push(await cluster.failover(index))
    const replicas = cluster.nodes.slice(3)
    expect(promoted).toEqual(replicas)
    expect(await conversation.read()).toBe('kept')
    await conversation.end()

    await cluster.kill()
    await cluster.restart()
    const after = await talkTo('redis-cluster', cluster)
    expect(await after.read()).toBe('kept')
    await after.end()
  })
})

describe('redis-sentinel', () => {
  it.skipIf(isSkipped('redis-sentinel'))('promotes the replica of a master that is killed', { timeout }, async () => {
    const redis = await startForTest('redis-sentinel')
    const conversation = await talkTo('redis-sentinel', redis)
    await conversation.write('kept')
    await expect.poll(() => redisCommand(redis.replica, 'GET', 'testkit:{value}')).toBe('kept')
    await redis.master.kill()
    await expect.poll(async () => (await redis.currentMaster()).port, { timeout: 20_000 }).toBe(redis.replica.port)
    expect(await conversation.read()).toBe('kept')
    await conversation.end()
  })

  it.skipIf(isSkipped('redis-sentinel'))('promotes the replica when asked to', { timeout }, async () => {
    const redis = await startForTest('redis-sentinel')
    expect((await redis.failover()).port).toBe(redis.replica.port)
  })
})

async function startForTest<Name extends ServerName>(name: Name) {
  const server = await start(name)
  onTestFinished(() => server.stop())
  return server
}
