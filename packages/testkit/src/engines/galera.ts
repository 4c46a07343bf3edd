import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { galeraLibrary } from '../binaries/programs.ts'
import { freePort, loopback } from '../process/free-port.ts'
import { runCommand } from '../process/run-command.ts'
import { removeServerFolder } from '../process/server-folder.ts'
import { nodeGroup, type RunningNodes } from '../process/server-group.ts'
import { startSingleServer } from '../process/single-server.ts'
import type { Running, StartOptions } from '../server.ts'
import { stateTransfer, stateTransferMethod } from './galera-state-transfer.ts'
import { mariadb, type PreparedMysql, prepareMysql, quickSettings, type Seed } from './mysql-flavours.ts'

interface Node {
  readonly prepared: PreparedMysql
  readonly args: readonly string[]
}

interface Member {
  readonly node: Node
  readonly server: Running
  restartAt(position: string, isFirst: boolean): Promise<void>
}

const nodeCount = 3

/**
 * Starts a Galera cluster of three MariaDB 10.11, each of which takes writes; `url` is the first's. A member that was
 * killed joins the others again by its `restart`; the group's own goes on from what the furthest member has.
 */
export async function startGalera(options: StartOptions = {}): Promise<RunningNodes> {
  const nodes = await prepareNodes(options)
  const members: Member[] = []
  try {
    // One after the other: of two that join at once each waits for the other.
    for (const node of nodes) members.push(await startMember(node, node === nodes[0]))
  } catch (error) {
    await Promise.all(members.map(({ server }) => server.stop()))
    await Promise.all(nodes.map(({ prepared }) => removeServerFolder(prepared.folder)))
    throw error
  }
  const group = nodeGroup(members.map(({ server }) => server))
  return Object.assign(group, {
    async restart() {
      await group.kill()
      const positions = await Promise.all(nodes.map(recoveredPosition))
      const [position = ''] = positions.toSorted((one, other) => writesOf(other) - writesOf(one))
      const first = members[positions.indexOf(position)] as Member
      await first.restartAt(position, true)
      for (const member of members.filter((each) => each !== first)) {
        await copyData(first.node, member.node)
        await member.restartAt(position, false)
      }
    },
  })
}

async function prepareNodes(options: StartOptions): Promise<Node[]> {
  const library = await galeraLibrary()
  const seed: Seed = { name: 'galera', sow: (main, args, scratch) => beginHistory(main, args, scratch, library) }
  const prepared = await Promise.all(Array.from({ length: nodeCount }, () => prepareMysql(mariadb, seed)))
  const ports = await Promise.all(prepared.map(freePort))
  const sync = options.durable ? ['--innodb-flush-log-at-trx-commit=1'] : quickSettings
  return Promise.all(
    prepared.map(async (each, index) => {
      await writeFile(join(each.folder, `wsrep_sst_${stateTransferMethod}`), stateTransfer, { mode: 0o755 })
      const wsrep = [
        ...galeraSettings(library, ports[index] ?? 0, [`ist.recv_addr=${loopback}:${await freePort()}`]),
        `--wsrep-cluster-address=gcomm://${ports.map((port) => `${loopback}:${port}`).join(',')}`,
        `--wsrep-sst-method=${stateTransferMethod}`,
      ]
      return { prepared: each, args: [...each.args, ...sync, ...wsrep, ...(options.args ?? [])] }
    }),
  )
}

function galeraSettings(library: string, port: number, provider: readonly string[] = []): string[] {
  const network = [`base_port=${port}`, `gmcast.listen_addr=tcp://${loopback}:${port}`, 'pc.announce_timeout=PT0.5S']
  return [
    '--binlog-format=ROW',
    '--innodb-autoinc-lock-mode=2',
    '--wsrep-on=ON',
    '--wsrep-cluster-name=sess',
    `--wsrep-node-address=${loopback}:${port}`,
    `--wsrep-provider=${library}`,
    `--wsrep-provider-options=${[...network, 'gcache.size=32M', ...provider].join(';')}`,
  ]
}

/** A cluster of one that ends at once: its data says where in the history of a cluster it is, and so do its copies. */
async function beginHistory(main: string, args: readonly string[], scratch: string, library: string): Promise<void> {
  const initFile = join(scratch, 'shutdown.sql')
  await writeFile(initFile, 'SHUTDOWN;')
  const files = [`--socket=${join(scratch, 'socket')}`, `--pid-file=${join(scratch, 'pid')}`, `--init-file=${initFile}`]
  const alone = ['--skip-networking', '--wsrep-cluster-address=gcomm://', ...galeraSettings(library, await freePort())]
  await runCommand(main, [...args, ...files, ...alone])
}

async function startMember(node: Node, isFirst: boolean): Promise<Member> {
  const { command, folder, address } = node.prepared
  await setPosition(node, await notedPosition(node), isFirst)
  const server = await startSingleServer(
    {
      name: 'galera',
      // `exec`, so that the process that is known is the server.
      command: '/bin/sh',
      args: ['-c', 'exec "$@" $(cat first-args)', 'sh', command, ...node.args],
      folder,
      env: { PATH: `${folder}:${process.env.PATH}` },
      isReady: () => isSynced(address.url),
    },
    address,
  )
  const { restart } = server
  const restartAt = async (position: string, isFirst: boolean) => {
    await setPosition(node, position, isFirst)
    await restart()
  }
  Object.assign(server, {
    async restart() {
      await server.kill()
      await restartAt(await recoveredPosition(node), false)
    },
  })
  return { node, server, restartAt }
}

/** Tells a node that does not run how far its data is; the first of a cluster is started without the others. */
async function setPosition({ prepared }: Node, position: string, isFirst: boolean): Promise<void> {
  const [uuid, writes] = position.split(':')
  const state = ['# GALERA saved state', 'version: 2.1', `uuid: ${uuid}`, `seqno: ${writes}`]
  await writeFile(
    join(prepared.data, 'grastate.dat'),
    [...state, `safe_to_bootstrap: ${Number(isFirst)}`, ''].join('\n'),
  )
  await rm(join(prepared.data, 'gvwstate.dat'), { force: true }) // its name in the cluster, which a copy must not have
  await writeFile(join(prepared.folder, 'first-args'), isFirst ? '--wsrep-new-cluster' : '')
}

async function notedPosition({ prepared }: Node): Promise<string> {
  const state = await readFile(join(prepared.data, 'grastate.dat'), 'utf8')
  return `${/^uuid:\s*(\S+)/m.exec(state)?.[1]}:${/^seqno:\s*(\S+)/m.exec(state)?.[1]}`
}

/** One that was killed has not noted how far it is, but its tables say it. */
async function recoveredPosition({ prepared, args }: Node): Promise<string> {
  const log = join(prepared.folder, 'recovery.log')
  await runCommand(prepared.command, [...args, '--wsrep-recover', `--log-error=${log}`], { cwd: prepared.folder })
  const position = /Recovered position: (\S+)/.exec(await readFile(log, 'utf8'))?.[1]
  if (position === undefined) throw new Error(`galera: a node does not say how far its data is (${log})`)
  return position
}

function writesOf(position: string): number {
  return Number(position.split(':')[1])
}

async function copyData(from: Node, to: Node): Promise<void> {
  await rm(to.prepared.data, { recursive: true })
  await cp(from.prepared.data, to.prepared.data, { recursive: true })
}

async function isSynced(url: string): Promise<boolean> {
  const connection = await createConnection(url)
  try {
    const [rows] = await connection.query<RowDataPacket[]>("SHOW STATUS LIKE 'wsrep_local_state_comment'")
    return rows[0]?.Value === 'Synced'
  } finally {
    connection.destroy()
  }
}
