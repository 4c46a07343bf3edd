import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type FaultProxy, startProxy } from '../src/index.ts'

let proxy: FaultProxy
let received: string

beforeEach(async () => {
  received = ''
  const echo = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      received += chunk
      socket.write(chunk)
    })
    socket.on('end', () => socket.end())
  }).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const { port } = echo.address() as { port: number }
  proxy = await startProxy({ host: '127.0.0.1', port })
  onTestFinished(async () => {
    await proxy.close()
    echo.close()
  })
})

describe('the fault proxy', () => {
  it('hands on both directions, and more than a buffer full of it', async () => {
    const client = await connected()
    const sent = 'a session '.repeat(500_000)
    client.end(sent)
    expect((await text(client)) === sent).toBe(true)
  })

  it('rewrites a URL to lead through itself', () => {
    expect(proxy.through('redis://me:secret@example.test:6379/2')).toBe(`redis://me:secret@127.0.0.1:${proxy.port}/2`)
  })

  it('holds everything back while it is stalled, and delivers it after that', async () => {
    const client = await connected()
    proxy.stall()
    client.write('late')
    const another = await connected()
    another.write('later')
    const [first, second] = [client, another].map((socket) => once(socket, 'data'))
    await roundTripElsewhere()
    expect(received).toBe('')
    proxy.resume()
    expect(String(await first)).toBe('late')
    expect(String(await second)).toBe('later')
  })

  it('can hold back the replies alone: the request took effect, and nobody will know', async () => {
    const client = await connected()
    const closed = new Promise((resolve) => client.on('error', () => {}).on('close', resolve))
    proxy.stall('replies')
    client.write('done')
    await expect.poll(() => received).toBe('done')
    expect(client.bytesRead).toBe(0)
    proxy.cut()
    await closed
    expect(client.bytesRead).toBe(0)
  })

  it('cuts the connections that there are, and serves new ones', async () => {
    const client = await connected()
    proxy.cut()
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
    const next = await connected()
    next.write('hello')
    expect(String((await once(next, 'data'))[0])).toBe('hello')
  })

  it('leads new connections to another server, and leaves those that there are', async () => {
    const before = await connected()
    const other = createServer((socket) => void socket.end('other')).listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    proxy.leadTo({ host: '127.0.0.1', port: (other.address() as { port: number }).port })
    const after = await connected()
    expect(String((await once(after, 'data'))[0])).toBe('other')
    before.write('hello')
    expect(String((await once(before, 'data'))[0])).toBe('hello')
  })

  it('refuses connections until it is restored, at the same port', async () => {
    const client = await connected()
    client.on('error', () => {})
    await proxy.refuse()
    await expect(connected()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await proxy.restore()
    const next = await connected()
    next.write('back')
    expect(String((await once(next, 'data'))[0])).toBe('back')
  })
})

async function connected(): Promise<Socket> {
  const socket = connect(proxy.port, proxy.host)
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Time enough for what is not held back to have arrived: the same path, through a proxy without a fault. */
async function roundTripElsewhere(): Promise<void> {
  const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  await using free = await startProxy({ host: '127.0.0.1', port: (echo.address() as { port: number }).port })
  const socket = connect(free.port, free.host)
  socket.write('x')
  await once(socket, 'data')
  socket.destroy()
  echo.close()
}
