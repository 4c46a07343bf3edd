import { join } from 'node:path'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { greets } from '../process/accepts.ts'
import { freePort, loopback } from '../process/free-port.ts'
import { nodeGroup, type RunningNodes, startAll } from '../process/server-group.ts'
import { startSingleServer } from '../process/single-server.ts'
import { waitUntil } from '../process/wait-until.ts'
import type { Running, StartOptions } from '../server.ts'
import { mysql, prepareMysql, quickSettings } from './mysql-flavours.ts'

const nodeCount = 2
const groupName = '5e550000-0000-4000-8000-000000000000'

interface Member {
  readonly server: Running
  /** Where the group talks to it. */
  readonly address: string
}

/**
 * Starts a group of two MySQL 9 (group replication), each of which takes writes; `url` is the first's. Where one is
 * killed the other has no majority, and waits: the `restart` of the one that was killed makes the group go on.
 */
export async function startMysqlGroup(options: StartOptions = {}): Promise<RunningNodes> {
  const ports = await Promise.all(Array.from({ length: nodeCount }, freePort))
  const addresses = ports.map((port) => `${loopback}:${port}`)
  const servers = await startAll(addresses.map((_, index) => startNode(index, addresses, options)))
  const members = servers.map((server, index) => ({ server, address: addresses[index] ?? '' }))
  const group = nodeGroup(servers)
  try {
    await begin(members)
  } catch (error) {
    await group.stop()
    throw new Error(`mysql-group: its nodes started, but joining them failed: ${error}`, { cause: error })
  }
  const restarts = servers.map(({ restart }) => restart)
  for (const [index, member] of members.entries()) {
    Object.assign(member.server, {
      async restart() {
        await restarts[index]?.()
        await rejoin(member, members)
      },
    })
  }
  return Object.assign(group, {
    async restart() {
      await Promise.all(restarts.map((restart) => restart()))
      await begin(members)
    },
  })
}

async function startNode(index: number, addresses: readonly string[], options: StartOptions): Promise<Running> {
  const { command, root, folder, args, address } = await prepareMysql(mysql)
  const sync = options.durable
    ? ['--innodb-flush-log-at-trx-commit=1', '--sync-binlog=1']
    : [...quickSettings, '--sync-binlog=0']
  const replication = [
    `--server-id=${index + 1}`,
    '--gtid-mode=ON',
    '--enforce-gtid-consistency=ON',
    `--report-host=${loopback}`,
    '--performance-schema=ON', // has the states of the members
  ]
  const group = [
    `--plugin-dir=${join(root, 'usr/lib/mysql/plugin')}`,
    '--plugin-load-add=group_replication.so',
    `--loose-group-replication-group-name=${groupName}`,
    `--loose-group-replication-local-address=${addresses[index]}`,
    `--loose-group-replication-group-seeds=${addresses.join(',')}`,
    '--loose-group-replication-start-on-boot=OFF',
    '--loose-group-replication-single-primary-mode=OFF',
    '--loose-group-replication-enforce-update-everywhere-checks=ON',
  ]
  const all = [...args, ...sync, ...replication, ...group, ...(options.args ?? [])]
  return startSingleServer(
    { name: 'mysql-group', command, args: all, folder, isReady: () => greets(address.port) },
    address,
  )
}

/** Makes a group of servers that are in none. The one that has the most begins it. */
async function begin(members: readonly Member[]): Promise<void> {
  const sets = await Promise.all(members.map(({ server }) => query(server, 'SELECT @@global.gtid_executed AS gtids')))
  const lengths = sets.map(([row]) => transactionsIn(String(row?.gtids)))
  const first = lengths.indexOf(Math.max(...lengths))
  const inOrder = [...members.slice(first), ...members.slice(0, first)]
  for (const [index, { server }] of inOrder.entries()) {
    await query(
      server,
      `SET GLOBAL group_replication_bootstrap_group = ${index === 0 ? 'ON' : 'OFF'}`,
      ...joinTheGroup,
      'SET GLOBAL group_replication_bootstrap_group = OFF',
    )
  }
  await waitUntil('mysql-group: every node is online', () => areOnline(members))
}

const joinTheGroup = [
  "CHANGE REPLICATION SOURCE TO SOURCE_USER = 'root' FOR CHANNEL 'group_replication_recovery'",
  'START GROUP_REPLICATION',
]

/** A member that was killed still counts: the other has no majority to leave it out, and must be told to. */
async function rejoin(member: Member, members: readonly Member[]): Promise<void> {
  for (const { server, address } of members.filter((each) => each !== member)) {
    await waitUntil('mysql-group: the other node has missed the one that was killed', async () => {
      const states = await query(server, statesOfMembers)
      return states.some(({ state }) => state === 'UNREACHABLE')
    })
    await query(server, ...[address, ''].map((list) => `SET GLOBAL group_replication_force_members = '${list}'`))
  }
  await query(member.server, ...joinTheGroup)
  await waitUntil('mysql-group: every node is online', () => areOnline(members))
}

const statesOfMembers = 'SELECT member_state AS state FROM performance_schema.replication_group_members'

async function areOnline(members: readonly Member[]): Promise<boolean> {
  const views = await Promise.all(members.map(({ server }) => query(server, statesOfMembers)))
  return views.every((view) => view.length === members.length && view.every(({ state }) => state === 'ONLINE'))
}

/** `uuid:1-7:9` has eight. */
function transactionsIn(gtids: string): number {
  return Array.from(
    gtids.matchAll(/:(\d+)(?:-(\d+))?/g),
    ([, from, to]) => Number(to ?? from) - Number(from) + 1,
  ).reduce((sum, each) => sum + each, 0)
}

/** Runs statements on one connection; resolves with the rows of the last. */
async function query({ url }: Running, ...statements: string[]): Promise<RowDataPacket[]> {
  const connection = await createConnection(url)
  try {
    let rows: RowDataPacket[] = []
    for (const statement of statements) [rows] = await connection.query<RowDataPacket[]>(statement)
    return rows
  } finally {
    connection.destroy()
  }
}
