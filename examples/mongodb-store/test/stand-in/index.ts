import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Document } from 'mongodb'
import { Commands } from './commands.ts'
import { speak } from './wire.ts'

export interface StandIn {
  readonly uri: string
  /** The names of the commands that it was asked for. */
  readonly commands: string[]
  /** Answers the next command with this error of a server, and does not execute it. */
  failNext(error: { code: number; errmsg: string }): void
  stop(): Promise<void>
}

/**
 * A stand-in for one MongoDB server without a replica set, for machines that have none: it speaks the wire protocol to the real
 * driver, and executes its commands one at a time on documents in memory. What it does not know it refuses.
 */
export async function startStandIn(): Promise<StandIn> {
  const executor = new Commands()
  const commands: string[] = []
  let failure: Document | null = null
  const answer = (command: Document) => {
    const [name = ''] = Object.keys(command)
    // The driver looks after its connections all the time.
    if (/^(hello|ismaster|endSessions)$/i.test(name)) return executor.run(command)
    commands.push(name)
    const failed = failure
    failure = null
    return failed ?? executor.run(command)
  }
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    speak(socket, answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    uri: `mongodb://127.0.0.1:${(server.address() as AddressInfo).port}/test`,
    commands,
    failNext(error) {
      failure = { ok: 0, ...error }
    },
    stop() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
