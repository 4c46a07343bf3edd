import { existsSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { databaseClusters, isSkipped, type ServerName, shared, start } from '../src/index.ts'
import { talkTo } from './ask-server.ts'
import { expectGone, folderOf, isRunning } from './outcome-of-a-process.ts'
import { startIn } from './process-with-servers.ts'

const timeout = 180_000

describe.each(databaseClusters)('%s', (name) => {
  it.skipIf(isSkipped(name))('has on every node what was written on the first', { timeout }, async () => {
    const { nodes } = await shared(name)
    const value = `written at ${performance.now()}`
    await write(name, nodes[0], value)
    for (const node of nodes) await expect.poll(() => read(name, node)).toBe(value)
  })

  it.skipIf(isSkipped(name))('keeps its ports and its data over an outage of all', { timeout }, async () => {
    const cluster = await startForTest(name)
    const ports = cluster.members.map(({ port }) => port)
    await write(name, cluster, 'kept')
    const pids = [...cluster.pids]
    await cluster.kill()
    expect(pids.filter(isRunning)).toEqual([])
    await cluster.restart()
    expect(cluster.members.map(({ port }) => port)).toEqual(ports)
    for (const node of cluster.nodes) await expect.poll(() => read(name, node)).toBe('kept')
    await write(name, cluster, 'and goes on')
    for (const node of cluster.nodes) await expect.poll(() => read(name, node)).toBe('and goes on')
  })

  it.skipIf(isSkipped(name))('takes a node back that was killed, with all that it missed', { timeout }, async () => {
    const cluster = await startForTest(name)
    await write(name, cluster, 'before')
    const last = cluster.members[cluster.members.length - 1]
    await last?.kill()
    await last?.restart()
    await write(name, cluster, 'after')
    for (const node of cluster.nodes) await expect.poll(() => read(name, node)).toBe('after')
  })

  it.skipIf(isSkipped(name))('is gone with its folders when it is stopped', { timeout }, async () => {
    const cluster = await startForTest(name)
    const [pids, folders] = [[...cluster.pids], cluster.pids.map(folderOf)]
    expect(folders.every((folder) => existsSync(folder))).toBe(true)
    await cluster.stop()
    await expectGone(pids, folders, 5000)
  })

  it.skipIf(isSkipped(name))('ends with the process that started it, when that is killed', { timeout }, async () => {
    const { child, pids, folders } = await startIn('wait', [name])
    child.kill('SIGKILL')
    await expectGone(pids, folders, 5000)
  })
})

describe.each(['galera', 'mysql-group'] as const)('%s', (name) => {
  it.skipIf(isSkipped(name))('takes writes on every node', { timeout }, async () => {
    const { nodes } = await shared(name)
    for (const node of nodes) {
      const value = `written at ${performance.now()} on ${node.port}`
      await write(name, node, value)
      for (const each of nodes) await expect.poll(() => read(name, each)).toBe(value)
    }
  })
})

describe('galera', () => {
  it.skipIf(isSkipped('galera'))('goes on without a node, which then catches up', { timeout }, async () => {
    const cluster = await startForTest('galera')
    const [first, , last] = cluster.members
    await last?.kill()
    await write('galera', first, 'while one was away')
    await last?.restart()
    expect(await read('galera', last)).toBe('while one was away')
  })
})

describe('postgres-standby', () => {
  const name = 'postgres-standby'

  it.skipIf(isSkipped(name))(
    'refuses writes on the standby until it is promoted, and loses none',
    { timeout },
    async () => {
      const cluster = await startForTest(name)
      await write(name, cluster.primary, 'answered')
      await expect(write(name, cluster.standby, 'refused')).rejects.toThrow(/read-only/)
      await cluster.primary.kill()
      await cluster.promote()
      expect(await read(name, cluster.standby)).toBe('answered')
      await write(name, cluster.standby, 'taken')
      expect(await read(name, cluster.standby)).toBe('taken')
    },
  )
})

type Node = Parameters<typeof talkTo>[1] | undefined

async function write(name: ServerName, node: Node, value: string): Promise<void> {
  const conversation = await talkTo(name, node as NonNullable<Node>)
  await conversation.write(value).finally(() => conversation.end())
}

async function read(name: ServerName, node: Node): Promise<string | null> {
  const conversation = await talkTo(name, node as NonNullable<Node>)
  return conversation.read().finally(() => conversation.end())
}

async function startForTest<Name extends ServerName>(name: Name) {
  const server = await start(name)
  onTestFinished(() => server.stop())
  return server
}
