import { once } from 'node:events'
import { connect } from 'node:net'
import { loopback } from './free-port.ts'

/** Whether a server accepts connections at a loopback port. */
export async function accepts(port: number): Promise<boolean> {
  const socket = connect({ host: loopback, port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/**
 * Whether a MySQL or MariaDB greets at a loopback port. The first packet of its protocol is a handshake (10), or an
 * error (255) such as "too many connections".
 */
export async function greets(port: number): Promise<boolean> {
  const socket = connect({ host: loopback, port })
  socket.setTimeout(2000, () => socket.destroy(new Error('no greeting')))
  try {
    const [packet] = (await once(socket, 'data')) as [Buffer]
    return packet[4] === 10
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
