import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tryLock } from './lock.ts'

export const loopback = '127.0.0.1'

/**
 * Returns a free loopback port, reserved for as long as this process lives, so that a restarted server finds it free.
 *
 * It lies below the range that the kernel takes ports for outgoing connections from (32768 and up on Linux): otherwise,
 * while a server is down, any client could be given its port, or a client that keeps trying even connect to itself.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(15_000, 32_000)
    const reservation = await tryLock(`port ${port}`)
    if (reservation === null) continue
    if (await isFree(port)) return port
    reservation[Symbol.dispose]()
  }
  throw new Error('no free loopback port was found')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, loopback)
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
