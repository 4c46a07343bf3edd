import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface HttpAnswer {
  status: number
  /** The cookie that it sets, without attributes; null for none. */
  cookie: string | null
  body: string
}

const endOfHead = '\r\n\r\n'

/**
 * One connection that asks, and asks again once it has the answer. It knows what a server of this benchmark answers and no
 * more of HTTP: the load generator shares the cores with what it measures.
 */
export class Connection implements AsyncDisposable {
  readonly #socket: Socket
  #received = ''
  #waiting: PromiseWithResolvers<HttpAnswer> | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#receive(text))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new Connection(socket)
  }

  ask(path: string, cookie?: string): Promise<HttpAnswer> {
    this.#waiting = Promise.withResolvers()
    const line = cookie === undefined ? '' : `Cookie: ${cookie}\r\n`
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${line}\r\n`, 'latin1')
    return this.#waiting.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy()
  }

  #receive(text: string): void {
    this.#received += text
    const end = this.#received.indexOf(endOfHead)
    if (end === -1) return
    const head = this.#received.slice(0, end)
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1])
    const body = this.#received.slice(end + endOfHead.length)
    if (Number.isNaN(length)) this.#fail(new Error('an answer without Content-Length'))
    if (!(body.length >= length)) return
    this.#received = ''
    const cookie = /^set-cookie: ([^;\r]*)/im.exec(head)?.[1] ?? null
    this.#waiting?.resolve({ status: Number(head.slice(9, 12)), cookie, body })
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error)
  }
}
