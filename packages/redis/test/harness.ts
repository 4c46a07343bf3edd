import { createHash, randomBytes } from 'node:crypto'
import type { SessionStore } from '@sess/core'
import { type ConformanceHarness, type ConformanceOpenOptions, describeConformance } from '@sess/core/conformance'
import { type RedisClient, type RedisConfig, redisStore } from '@sess/redis'
import { type Addresses, isSkipped, type Running, type ServerName, shared, start } from '@sess/testkit'
import { Cluster, Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, describe, it, onTestFinished } from 'vitest'
import { type Detour, startDetour } from './detour.ts'

/** A client of ioredis, to look at what is stored. */
export type Inspector = Redis | Cluster

/** The options that a store of a test was opened with, for its peers, its dump and its end. */
interface Opened {
  readonly prefixes: { sessionPrefix: string; statePrefix: string }
  readonly clients: RedisClient[]
}

interface HarnessOptions {
  /** A client without options, to look at what is stored. */
  readonly inspect: () => Inspector
  /** The string that the store's client puts in front of every key. */
  readonly keyPrefix?: string
  /** How a store or a peer connects. A client in it is closed after the case. */
  readonly config: () => RedisConfig
}

/** The conformance harness of one kind of server and client; each store has prefixes of its own. */
export function redisHarness(
  options: HarnessOptions,
  outage?: () => Promise<{ end(): Promise<void> }>,
): ConformanceHarness {
  const stores = new Map<SessionStore, Opened>()
  const open = (opened: Opened, given: ConformanceOpenOptions) => {
    const config = options.config()
    if (config.client) opened.clients.push(config.client)
    const store = redisStore({ ...config, ...opened.prefixes, ...given })
    stores.set(store, opened)
    return store
  }
  const of = (store: SessionStore) => stores.get(store) as Opened
  const inside = async <T>(use: (client: Inspector) => Promise<T>) => {
    const client = options.inspect()
    try {
      return await use(client)
    } finally {
      client.disconnect()
    }
  }
  const root = ({ prefixes }: Opened) => (options.keyPrefix ?? '') + prefixes.sessionPrefix.split('|')[0]
  return {
    takesOptions: true,
    open(given) {
      const name = `t${randomBytes(6).toString('hex')}`
      const prefixes = { sessionPrefix: `${name}|s*[a-c]?:`, statePrefix: `${name}|t\\:` }
      return open({ prefixes, clients: [] }, given)
    },
    openPeer: (store, given) => open(of(store), given),
    dump: (store) => inside((client) => dump(client, root(of(store)))),
    damage: (store, idOrState) =>
      inside(async (client) => {
        const hash = createHash('sha256').update(idOrState).digest('base64url')
        for (const { node, key } of await keysOf(client, root(of(store)))) {
          if (!key.endsWith(`:${hash}`) && !key.endsWith(`:=${hash}`)) continue
          const value = (await node.get(key)) ?? ''
          await node.set(key, value.slice(0, -3), 'KEEPTTL')
        }
      }),
    async teardown(store) {
      for (const client of of(store).clients) end(client)
      await inside(async (client) => {
        for (const { node, key } of await keysOf(client, root(of(store)))) await node.del(key)
      })
    },
    ...(outage && { outage }),
  }
}

/**
 * Runs the whole suite against a shared server, unless the person who runs the tests left that out. The stores of the
 * options go by the detour, the rest goes to the server.
 */
export async function conformanceOn<Name extends ServerName>(
  name: Name,
  optionsOf: (server: Addresses[Name], detour: Detour<Addresses[Name]>) => HarnessOptions,
): Promise<void> {
  if (isSkipped(name)) return void describe.skip(`${name} is left out`)
  const server = await shared(name)
  const detour = await startDetour(server)
  const harness = redisHarness(optionsOf(server, detour), detour.outage)
  describe(name, () => {
    afterAll(() => detour[Symbol.asyncDispose]())
    describeConformance({ describe, it }, harness)
  })
}

/** Every key that begins with `root` and its value, as text. */
export async function dump(client: Inspector, root: string): Promise<string> {
  const lines: string[] = []
  for (const { node, key } of await keysOf(client, root)) {
    const isIndex = (await node.type(key)) === 'zset'
    const value = isIndex ? (await node.zrange(key, '0', '-1', 'WITHSCORES')).join(' ') : await node.get(key)
    lines.push(`${key} ${value}`)
  }
  return lines.sort().join('\n')
}

/** The keys that begin with `root`, with the master that has each. */
export async function keysOf(client: Inspector, root: string): Promise<{ node: Redis; key: string }[]> {
  const found: { node: Redis; key: string }[] = []
  for (const node of await mastersOf(client)) {
    for await (const keys of node.scanStream({ count: 1000 })) {
      for (const key of keys as string[]) if (key.startsWith(root)) found.push({ node, key })
    }
  }
  return found
}

export async function mastersOf(client: Inspector): Promise<Redis[]> {
  if (!(client instanceof Cluster)) return [client]
  if (client.status !== 'ready') await new Promise((resolve) => client.once('ready', resolve))
  return client.nodes('master')
}

/** A client that prints nothing while its server is away. */
export function quiet<Client extends { on(event: 'error', listener: () => void): unknown }>(client: Client): Client {
  client.on('error', () => {})
  return client
}

/** Closes a client of the application, which may never have been open. */
export function end(client: RedisClient): void {
  if ('isOpen' in client) {
    if (client.isOpen) (client.destroy as () => void)()
  } else (client as unknown as Redis).disconnect()
}

/** The drivers, and what makes a client of an application, with the driver's own defaults. It is closed after the test. */
export const drivers: readonly (readonly [string, (url: string) => RedisClient])[] = [
  ['ioredis', (url) => closing(quiet(new Redis(url)))],
  ['node-redis', (url) => closing(quiet(createClient({ url })))],
]

export function closing<Client extends RedisClient>(client: Client): Client {
  onTestFinished(() => end(client))
  return client
}

/** A Redis of the test's own. */
export async function privateRedis(args: string[] = []): Promise<Running> {
  const server = await start('redis7', { args })
  onTestFinished(() => server.stop())
  return server
}
