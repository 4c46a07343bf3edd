import { type Programs, programsOf } from '../binaries/programs.ts'
import { freePort, loopback } from '../process/free-port.ts'
import { makeServerFolder } from '../process/server-folder.ts'
import { startSingleServer } from '../process/single-server.ts'
import type { Address, Running, StartOptions } from '../server.ts'
import { redisCommand } from './resp.ts'

/** Starts a Redis 7. */
export function startRedis(options: StartOptions = {}): Promise<Running> {
  return startNode('redis', programsOf('redis'), options)
}

/** Starts a Valkey 9, the open continuation of Redis: the same protocol and settings. */
export function startValkey(options: StartOptions = {}): Promise<Running> {
  return startNode('valkey', programsOf('valkey'), options)
}

async function startNode(name: string, programs: Promise<Programs>, options: StartOptions): Promise<Running> {
  const { main, version } = await programs
  const folder = await makeServerFolder(name)
  const port = await freePort()
  const args = redisArguments(port, folder, options)
  const address: Address = { url: `redis://${loopback}:${port}`, host: loopback, port, version }
  return startSingleServer({ name, command: main, args, folder, isReady: () => answers(port) }, address)
}

/** The settings that every Redis here has. */
export function redisArguments(port: number, folder: string, options: StartOptions): string[] {
  const sync = options.durable ? 'everysec' : 'no'
  const persistence = ['--save', '', '--appendonly', 'yes', '--appendfsync', sync]
  // A disk that is full for a moment does not turn into refused writes.
  const rest = ['--daemonize', 'no', '--stop-writes-on-bgsave-error', 'no']
  // A machine that stands still for seconds is no script that runs for seconds.
  const patience = ['--busy-reply-threshold', '60000']
  return [
    '--bind',
    loopback,
    '--port',
    String(port),
    '--dir',
    folder,
    ...persistence,
    ...rest,
    ...patience,
    ...(options.args ?? []),
  ]
}

/** Whether it answers; while it loads its data it does so with an error. */
export async function answers(port: number): Promise<boolean> {
  return (await redisCommand({ host: loopback, port }, 'PING')) === 'PONG'
}
