import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What stands between a store and its server, so that a test can cut it off: `cut` ends its connections and takes no other. */
export async function startGate(uri: string) {
  // One server: others that the uri names would be reached beside the gate.
  const { hostname, port } = new URL(uri)
  const sockets = new Set<Socket>()
  let isOpen = true
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: hostname, port: Number(port || 27_017), noDelay: true })
    join(near, far)
    join(far, near)
    if (!isOpen) near.destroy()
  })
  function join(one: Socket, other: Socket) {
    sockets.add(one)
    one.pipe(other)
    one.on('error', () => {})
    one.on('close', () => sockets.delete(one) && other.destroy())
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    isOpen = false
    for (const socket of sockets) socket.destroy()
  }
  const behind = new URL(uri.replace(/^mongodb:/, 'http:'))
  behind.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  behind.searchParams.set('directConnection', 'true')
  return {
    uri: behind.href.replace(/^http:/, 'mongodb:'),
    cut,
    open() {
      isOpen = true
    },
    stop() {
      cut()
      server.close()
    },
  }
}
