import { freePort } from '../process/free-port.ts'
import { serverGroup, startAll } from '../process/server-group.ts'
import { waitUntil } from '../process/wait-until.ts'
import type { ClusterAddress, Endpoint, Running, StartOptions } from '../server.ts'
import { startRedis } from './redis.ts'
import { type Reply, redisCommand, redisCommands } from './resp.ts'

export type RunningCluster = Running<ClusterAddress> & {
  /** The nodes one by one, in the order of `nodes`: masters 0 to 2, then the replica of each. */
  readonly members: readonly Running[]
  /** Makes the replica of master `index` (0 to 2) the master, or the other way round; clients meet MOVED. */
  failover(index: number): Promise<Endpoint>
}

const masterCount = 3
const slotCount = 16_384

/** Starts a Redis Cluster of 3 masters with a replica each. */
export async function startRedisCluster(options: StartOptions = {}): Promise<RunningCluster> {
  const members = await startAll(Array.from({ length: masterCount * 2 }, () => startClusterNode(options)))
  const [first] = members as [Running, ...Running[]]
  const nodes = members.map(({ host, port }) => ({ host, port }))
  const group = serverGroup(members, {
    url: first.url,
    host: first.host,
    port: first.port,
    version: first.version,
    nodes,
  })
  try {
    await join(nodes)
  } catch (error) {
    await group.stop()
    throw new Error(`redis-cluster: its nodes started, but joining them failed: ${error}`, { cause: error })
  }
  const restartNodes = group.restart
  return Object.assign(group, {
    members,
    async restart() {
      await restartNodes()
      await waitUntil('redis-cluster: every node sees it whole', () => isWhole(nodes))
    },
    failover: (index: number) => failover(nodes, index),
  })
}

async function startClusterNode(options: StartOptions): Promise<Running> {
  const busPort = await freePort() // the default, its own port plus 10000, need not be free
  const cluster = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-port', String(busPort)]
  const timing = [
    '--cluster-node-timeout',
    '2000',
    '--cluster-replica-validity-factor',
    '0',
    '--repl-diskless-sync-delay',
    '0',
  ]
  return startRedis({ ...options, args: [...cluster, ...timing, ...(options.args ?? [])] })
}

/** What `redis-cli --cluster create` does, without its pauses. */
async function join(nodes: Endpoint[]): Promise<void> {
  const masters = nodes.slice(0, masterCount)
  const ids = await Promise.all(nodes.map(async (node) => String(await redisCommand(node, 'CLUSTER', 'MYID'))))
  await Promise.all(
    masters.map((master, index) => {
      const from = Math.ceil((slotCount * index) / masterCount)
      const to = Math.ceil((slotCount * (index + 1)) / masterCount) - 1
      return redisCommands(master, [
        ['CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1)],
        ['CLUSTER', 'ADDSLOTSRANGE', String(from), String(to)],
      ])
    }),
  )
  // Everybody meets everybody: gossip would spread the news too, a second at a time.
  const meetings = await Promise.all(nodes.map(meetCommand))
  await Promise.all(nodes.map((node, index) => redisCommands(node, meetings.toSpliced(index, 1))))
  await waitUntil('redis-cluster: the nodes know each other', async () => {
    const known = await Promise.all(nodes.map((node) => clusterInfo(node, 'cluster_known_nodes')))
    const links = await Promise.all(nodes.map((node) => redisCommand(node, 'CLUSTER', 'NODES')))
    const areLinked = links.every(
      (text) => !String(text).includes('handshake') && !String(text).includes('disconnected'),
    )
    return areLinked && known.every((count) => count === String(nodes.length))
  })
  for (const [index, node] of nodes.slice(masterCount).entries()) {
    await redisCommand(node, 'CLUSTER', 'REPLICATE', ids[index] ?? '')
  }
  await waitUntil('redis-cluster: every node sees it whole', () => isWhole(nodes))
}

async function meetCommand({ host, port }: Endpoint): Promise<string[]> {
  const [, busPort] = (await redisCommand({ host, port }, 'CONFIG', 'GET', 'cluster-port')) as Reply[]
  return ['CLUSTER', 'MEET', host, String(port), String(busPort)]
}

async function isWhole(nodes: Endpoint[]): Promise<boolean> {
  const views = await Promise.all(
    nodes.map(async (node) => {
      const lines = String(await redisCommand(node, 'CLUSTER', 'NODES')).split('\n')
      const replicas = lines.filter((line) => line.includes('slave'))
      const role = await replication(node)
      const isInStep = role.includes('role:master') || role.includes('master_link_status:up')
      return isInStep && replicas.length === masterCount && (await clusterInfo(node, 'cluster_state')) === 'ok'
    }),
  )
  return views.every(Boolean)
}

async function failover(nodes: Endpoint[], index: number): Promise<Endpoint> {
  const pair = [nodes[index], nodes[index + masterCount]].filter((node) => node !== undefined)
  for (const node of pair) {
    if ((await replication(node)).includes('role:master')) continue
    let askedAt = 0
    await waitUntil('redis-cluster: the replica is the master', async () => {
      if ((await replication(node)).includes('role:master')) return isWhole(nodes)
      // A node gives a failover up after five seconds, where it was not elected in time.
      if (Date.now() - askedAt > 6_000) {
        askedAt = Date.now()
        await redisCommand(node, 'CLUSTER', 'FAILOVER')
      }
      return false
    })
    return node
  }
  throw new Error(`redis-cluster: there is no replica of master ${index} to promote`)
}

async function replication(node: Endpoint): Promise<string> {
  return String(await redisCommand(node, 'INFO', 'replication'))
}

async function clusterInfo(node: Endpoint, field: string): Promise<string | undefined> {
  const info = String(await redisCommand(node, 'CLUSTER', 'INFO'))
  return new RegExp(`^${field}:(\\S+)`, 'm').exec(info)?.[1]
}
