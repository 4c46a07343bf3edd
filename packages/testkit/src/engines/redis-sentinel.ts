import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { programsOf } from '../binaries/programs.ts'
import { freePort, loopback } from '../process/free-port.ts'
import { makeServerFolder } from '../process/server-folder.ts'
import { serverGroup, startAll } from '../process/server-group.ts'
import { startSingleServer } from '../process/single-server.ts'
import { waitUntil } from '../process/wait-until.ts'
import type { Endpoint, Running, SentinelAddress, StartOptions } from '../server.ts'
import { answers, startRedis } from './redis.ts'
import { type Reply, redisCommand } from './resp.ts'

export type RunningSentinel = Running<SentinelAddress> & {
  /** The Redis that was the master at the start. Kill it, and the sentinels promote the other one within seconds. */
  readonly master: Running
  readonly replica: Running
  /** Where the sentinels say that the master is now. */
  currentMaster(): Promise<Endpoint>
  /** Makes the sentinels promote the other Redis, and resolves with its address when they have. */
  failover(): Promise<Endpoint>
}

const name = 'sess'
const quorum = 2

/** Starts a Redis with a replica, and three sentinels that watch them. */
export async function startRedisSentinel(options: StartOptions = {}): Promise<RunningSentinel> {
  const args = ['--repl-diskless-sync-delay', '0', ...(options.args ?? [])] // by default it awaits more replicas for 5 s
  const master = await startRedis({ ...options, args })
  const replica = await startRedis({
    ...options,
    args: ['--replicaof', loopback, String(master.port), ...args],
  }).catch(async (error: unknown) => {
    await master.stop()
    throw error
  })
  const redis = [master, replica]
  const sentinels = await startAll([1, 2, 3].map(() => startSentinel(master.port))).catch(async (error: unknown) => {
    await serverGroup(redis, master).stop()
    throw error
  })
  const { url, host, port, version } = master
  const [nodes, endpoints] = [endpointsOf(redis), endpointsOf(sentinels)]
  const group = serverGroup([...redis, ...sentinels], { url, host, port, version, name, sentinels: endpoints, nodes })
  const currentMaster = () => masterKnownTo(endpoints[0] ?? { host, port })
  try {
    await waitUntil('redis-sentinel: the replica is in step, and the sentinels know it and each other', async () => {
      const replication = String(await redisCommand(replica, 'INFO', 'replication'))
      return replication.includes('master_link_status:up') && (await areReady(endpoints))
    })
  } catch (error) {
    await group.stop()
    throw error
  }
  return Object.assign(group, {
    master,
    replica,
    currentMaster,
    async failover() {
      const before = await currentMaster()
      await redisCommand(endpoints[0] ?? before, 'SENTINEL', 'FAILOVER', name)
      await waitUntil('redis-sentinel: all sentinels know a new master', async () => {
        const views = await Promise.all(endpoints.map(masterKnownTo))
        return views.every((view) => view.port !== before.port)
      })
      return currentMaster()
    },
  })
}

function endpointsOf(all: readonly Running[]): Endpoint[] {
  return all.map(({ host, port }) => ({ host, port }))
}

async function startSentinel(masterPort: number): Promise<Running> {
  const { main, version } = await programsOf('redis')
  const folder = await makeServerFolder('sentinel')
  const port = await freePort()
  const config = join(folder, 'sentinel.conf') // the sentinel rewrites it as it learns
  await writeFile(
    config,
    `port ${port}
bind ${loopback}
dir ${folder}
sentinel monitor ${name} ${loopback} ${masterPort} ${quorum}
sentinel down-after-milliseconds ${name} 1000
sentinel failover-timeout ${name} 5000
`,
  )
  const address = { url: `redis://${loopback}:${port}`, host: loopback, port, version }
  const args = [config, '--sentinel']
  return startSingleServer({ name: 'sentinel', command: main, args, folder, isReady: () => answers(port) }, address)
}

async function areReady(sentinels: Endpoint[]): Promise<boolean> {
  const views = await Promise.all(
    sentinels.map(async (sentinel) => {
      const replicas = (await redisCommand(sentinel, 'SENTINEL', 'REPLICAS', name)) as Reply[]
      const others = (await redisCommand(sentinel, 'SENTINEL', 'SENTINELS', name)) as Reply[]
      return replicas.length === 1 && others.length === sentinels.length - 1
    }),
  )
  return views.every(Boolean)
}

async function masterKnownTo(sentinel: Endpoint): Promise<Endpoint> {
  const [host, port] = (await redisCommand(sentinel, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)) as string[]
  return { host: host ?? '', port: Number(port) }
}
