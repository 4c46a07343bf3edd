import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A POST of a form whose body is still on its way. */
export class SlowPost {
  readonly #socket: Socket
  #text = ''

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text
    })
  }

  /** Resolves when the head and `begin` are sent; `length` is what the head says of the body, null for one in chunks. */
  static async begin(
    url: string,
    length: number | null,
    begin: string,
    headers: Record<string, string>,
  ): Promise<SlowPost> {
    const { hostname, port, host, pathname } = new URL(url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    const head = {
      host,
      connection: 'close',
      'content-type': 'application/x-www-form-urlencoded',
      ...(length === null ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(length) }),
      ...headers,
    }
    const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`)
    socket.write(`POST ${pathname} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${begin}`)
    return new SlowPost(socket)
  }

  /** Sends the rest; resolves with the whole answer, as text. */
  async finish(rest: string): Promise<string> {
    const ended = once(this.#socket, 'close')
    this.#socket.write(rest)
    await ended
    return this.#text
  }

  /** Hangs up in the middle of the body. */
  hangUp(): void {
    this.#socket.destroy()
  }
}
