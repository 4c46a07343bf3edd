import { createServer, request } from 'node:http'
import { join } from 'node:path'
import { broughtServer } from './brought.ts'
import { type Addresses, type ServerName, serverNames } from './names.ts'
import { makeServerFolder, removeServerFolder } from './process/server-folder.ts'
import type { Address, Controls } from './server.ts'
import { servers } from './start.ts'

/** The environment variable that tells test processes where the broker of their run is: the path of its socket. */
const brokerVariable = 'SESS_TESTKIT_BROKER'

/** One that was brought has no controls. */
type SharedServer = Address & Partial<Controls>

const started = new Map<ServerName, Promise<SharedServer>>()

/**
 * Returns the address of a server that everybody in this test run shares, and starts it when nobody has yet. It ends
 * with the run. Take fresh table names and key prefixes, and do not stop it: for outages there is `start`.
 *
 * Without a broker (see `startBroker`) the server is shared within this process.
 */
export async function shared<Name extends ServerName>(name: Name): Promise<Addresses[Name]> {
  const socketPath = process.env[brokerVariable]
  return (await (socketPath === undefined ? sharedHere(name) : ask(socketPath, name))) as Addresses[Name]
}

function sharedHere(name: ServerName): Promise<SharedServer> {
  const known = started.get(name)
  if (known !== undefined) return known
  const server = broughtServer(name).then((brought): SharedServer | Promise<SharedServer> => brought ?? servers[name]())
  started.set(name, server)
  server.catch(() => started.delete(name))
  return server
}

/**
 * Starts a broker in this process, which owns the shared servers of all processes that inherit its environment.
 * Where there is one already it is used. Ends the servers when it is disposed of.
 */
export async function startBroker(): Promise<AsyncDisposable> {
  if (process.env[brokerVariable] !== undefined) return { async [Symbol.asyncDispose]() {} }
  const folder = await makeServerFolder('broker')
  const socketPath = join(folder, 'socket')
  const server = createServer(async (request, response) => {
    try {
      const name = serverNames.find((name) => request.url === `/${name}`)
      if (name === undefined) throw new Error(`there is no server ${request.url}`)
      response.end(JSON.stringify(await sharedHere(name)))
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error))
    }
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  server.unref()
  process.env[brokerVariable] = socketPath
  return {
    async [Symbol.asyncDispose]() {
      delete process.env[brokerVariable]
      server.close()
      const ends = [...started.values()].map(async (server) => (await server).stop?.())
      started.clear()
      await Promise.allSettled(ends)
      await removeServerFolder(folder)
    },
  }
}

function ask(socketPath: string, name: ServerName): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: `/${name}` }, async (response) => {
      const body = (await response.setEncoding('utf8').toArray()).join('')
      if (response.statusCode === 200) resolve(JSON.parse(body))
      else reject(new Error(body))
    })
    asked.on('error', (error) => reject(new Error(`the testkit's broker does not answer: ${error.message}`)))
    asked.end()
  })
}
