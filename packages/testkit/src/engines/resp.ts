import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Endpoint } from '../server.ts'

export type Reply = string | number | null | Reply[]

interface RespOptions {
  /** The certificate authority of a server that speaks TLS. */
  ca?: string
  auth?: [username: string, password: string]
}

/**
 * Sends commands to one Redis server over one connection and returns their replies; rejects on the first error reply.
 * The testkit has its own client because it must not test a server, or a driver, by means of that driver.
 */
export async function redisCommands(to: Endpoint, commands: string[][], options: RespOptions = {}): Promise<Reply[]> {
  const { ca, auth } = options
  const all = auth ? [['AUTH', ...auth], ...commands] : commands
  const socket: Socket = ca === undefined ? connect(to) : connectTls({ ...to, ca })
  socket.setTimeout(5000, () => socket.destroy(new Error(`no answer from Redis at port ${to.port}`)))
  try {
    await once(socket, ca === undefined ? 'connect' : 'secureConnect')
    socket.write(all.map(encode).join(''))
    const replies = await readReplies(socket, all.length)
    return auth ? replies.slice(1) : replies
  } finally {
    socket.destroy()
  }
}

/** Sends one command. */
export async function redisCommand(to: Endpoint, ...command: string[]): Promise<Reply> {
  const [reply] = await redisCommands(to, [command])
  return reply ?? null
}

function encode(command: string[]): string {
  return `*${command.length}\r\n${command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`
}

async function readReplies(socket: Socket, count: number): Promise<Reply[]> {
  let received = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    received += (chunk as Buffer).toString('latin1') // one character a byte, as lengths are counted
    const replies = parseAll(received)
    if (replies.length >= count) return replies
  }
  throw new Error('Redis closed the connection')
}

/** The complete replies in a text. It starts again at each chunk, which is good enough for the few that there are. */
function parseAll(text: string): Reply[] {
  const replies: Reply[] = []
  let at = 0
  while (at < text.length) {
    const parsed = parse(text, at)
    if (parsed === null) break
    replies.push(parsed.reply)
    at = parsed.end
  }
  return replies
}

function parse(text: string, start: number): { reply: Reply; end: number } | null {
  const lineEnd = text.indexOf('\r\n', start)
  if (lineEnd < 0) return null
  const line = text.slice(start + 1, lineEnd)
  const next = lineEnd + 2
  switch (text[start]) {
    case '+':
      return { reply: line, end: next }
    case ':':
      return { reply: Number(line), end: next }
    case '$': {
      const end = next + Number(line)
      if (line === '-1') return { reply: null, end: next }
      return text.length < end + 2 ? null : { reply: text.slice(next, end), end: end + 2 }
    }
    case '*':
      return parseArray(text, Number(line), next)
    default:
      throw new Error(`Redis answered: ${line}`)
  }
}

function parseArray(text: string, length: number, start: number): { reply: Reply; end: number } | null {
  const reply: Reply[] = []
  let end = start
  for (let index = 0; index < length; index++) {
    const item = parse(text, end)
    if (item === null) return null
    reply.push(item.reply)
    end = item.end
  }
  return { reply, end }
}
