import type { Socket } from 'node:net'
import { BSON, type Document } from 'mongodb'

const opReply = 1
const opQuery = 2004
const opMsg = 2013

/** Reads the driver's messages off a connection and writes what `answer` gives. In turn: one client waits for its answer. */
export function speak(socket: Socket, answer: (command: Document) => Document): void {
  let received = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    while (received.length >= 4 && received.length >= received.readInt32LE(0)) {
      const length = received.readInt32LE(0)
      const message = received.subarray(0, length)
      received = received.subarray(length)
      if (message.readInt32LE(12) === opQuery) socket.write(replyOf(message, answer(queryOf(message))))
      else if (message.readInt32LE(12) !== opMsg) socket.destroy()
      else {
        const answered = messageOf(message, answer(commandOf(message)))
        if (!isUnanswered(message)) socket.write(answered)
      }
    }
  })
}

/** The command of an OP_MSG: its body, and the sequences of documents beside it as the arrays that they stand for. */
function commandOf(message: Buffer): Document {
  const end = message.length - (message.readUInt32LE(16) & 1 ? 4 : 0) // a checksum
  const command: Document = {}
  for (let at = 20; at < end; ) {
    const kind = message[at]
    const size = message.readInt32LE(at + 1)
    if (kind === 0) Object.assign(command, parsed(message, at + 1))
    else Object.assign(command, sequenceOf(message, at + 5, at + 1 + size))
    at += 1 + size
  }
  return command
}

/** The driver says that it waits for no answer, as at its end. */
const isUnanswered = (message: Buffer) => (message.readUInt32LE(16) & 2) !== 0

function sequenceOf(message: Buffer, start: number, end: number): Document {
  const zero = message.indexOf(0, start)
  const documents: Document[] = []
  for (let at = zero + 1; at < end; at += message.readInt32LE(at)) documents.push(parsed(message, at))
  return { [message.toString('utf8', start, zero)]: documents }
}

/** The first message of a driver is an OP_QUERY: a client cannot know yet that the server takes an OP_MSG. */
function queryOf(message: Buffer): Document {
  return parsed(message, message.indexOf(0, 20) + 9)
}

function parsed(message: Buffer, at: number): Document {
  return BSON.deserialize(message.subarray(at, at + message.readInt32LE(at)))
}

function messageOf(request: Buffer, document: Document): Buffer {
  return framed(request, opMsg, Buffer.alloc(5), BSON.serialize(document))
}

function replyOf(request: Buffer, document: Document): Buffer {
  const head = Buffer.alloc(20)
  head.writeInt32LE(1, 16) // one document
  return framed(request, opReply, head, BSON.serialize(document))
}

function framed(request: Buffer, code: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const header = Buffer.alloc(16)
  header.writeInt32LE(16 + body.length, 0)
  header.writeInt32LE(request.readInt32LE(4), 8)
  header.writeInt32LE(code, 12)
  return Buffer.concat([header, body])
}
