import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Takes a lock that all processes of this machine see, or returns null when somebody holds it.
 *
 * The lock is a listening socket in Linux's abstract namespace: it has no file, so a process that dies, by SIGKILL too,
 * leaves nothing behind that another would have to judge stale. Elsewhere than on Linux it is not taken at all: nothing
 * is downloaded there, and ports are only picked a little less safely.
 */
export async function tryLock(name: string): Promise<Disposable | null> {
  if (process.platform !== 'linux') return { [Symbol.dispose]() {} }
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 32)
  const server: Server = createServer((socket) => socket.destroy()).unref()
  try {
    server.listen(`\0sess-testkit-${digest}`)
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return null
    throw error
  }
  return {
    [Symbol.dispose]() {
      server.close()
    },
  }
}

/** Runs `work` while no other holder of the same lock does, in this process or another one. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    const lock = await tryLock(name)
    if (lock === null) {
      await sleep(100)
      continue
    }
    try {
      return await work()
    } finally {
      lock[Symbol.dispose]()
    }
  }
}
