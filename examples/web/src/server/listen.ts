import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'

export interface Address {
  host: string
  /** 0 for any free one. */
  port: number
}

export interface RunningServer {
  readonly port: number
  /** Takes no new connection, answers what is under way, and after `graceMs` (default 3,000) hangs up on the rest. */
  close(graceMs?: number): Promise<void>
}

type Fetch = (request: Request) => Response | Promise<Response>

/** Resolves when the server can be reached; rejects with Node's own error, e.g. `EADDRINUSE`. */
export async function listen(fetch: Fetch, { host, port }: Address): Promise<RunningServer> {
  const server = createAdaptorServer({ fetch }) as Server
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs = 3_000) {
      const closed = once(server, 'close')
      server.close()
      const hangUp = setTimeout(() => server.closeAllConnections(), graceMs)
      await closed
      clearTimeout(hangUp)
    },
  }
}
