import type { Address, Running } from '../server.ts'
import { removeServerFolder } from './server-folder.ts'
import { type ServerCommand, startServerProcess } from './server-process.ts'

/** Starts a server of one process; its folder is deleted when it is stopped, or cannot start. */
export async function startSingleServer<A extends Address>(command: ServerCommand, address: A): Promise<Running<A>> {
  try {
    const server = await startServerProcess(command)
    let isRunning = true
    const controls = {
      async stop() {
        isRunning = false
        await server.stop()
        await removeServerFolder(command.folder)
      },
      async kill() {
        isRunning = false
        await server.kill()
      },
      async restart() {
        await server.restart()
        isRunning = true
      },
    }
    return {
      ...address,
      ...controls,
      get pids() {
        return isRunning ? [server.pid] : []
      },
      [Symbol.asyncDispose]: controls.stop,
    }
  } catch (error) {
    await removeServerFolder(command.folder)
    throw error
  }
}
