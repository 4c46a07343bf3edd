import { randomBytes } from 'node:crypto'
import { type RedisConfig, redisStore } from '@sess/redis'
import { shared } from '@sess/testkit'
import { Redis } from 'ioredis'
import { onTestFinished, vi } from 'vitest'
import { Connection } from '../src/connection.ts'
import type { Script } from '../src/scripts.ts'
import { keysOf } from './harness.ts'

export const ada = { providerId: 'github', externalId: 'ada' }
export const hourMs = 3_600_000

/** A store under prefixes of its own on the server at `url` (left out: the shared one), and a client to look at what it stores. */
export async function open({ url, ...config }: Partial<RedisConfig> & { url?: string } = {}) {
  const server = url ?? (await shared('redis7')).url
  const client = new Redis(server)
  const prefix = `t${randomBytes(6).toString('hex')}*`
  let aheadMs = 0
  const now = () => Date.now() + aheadMs
  const prefixes = { sessionPrefix: `${prefix}s:`, statePrefix: `${prefix}t:` }
  const openPeer = (more: Partial<RedisConfig> = {}) => {
    const store = redisStore({ url: server, now, ...prefixes, ...config, ...more } as RedisConfig)
    onTestFinished(() => store.close())
    return store
  }
  const store = openPeer()
  onTestFinished(async () => {
    for (const { key } of await keysOf(client, prefix)) await client.del(key)
    client.disconnect()
  })
  const keys = async () => (await keysOf(client, prefix)).map(({ key }) => key)
  const sum = async (indexes: readonly string[]) =>
    (await Promise.all(indexes.map((key) => client.zcard(key)))).reduce((total, size) => total + size, 0)
  return {
    store,
    openPeer,
    client,
    prefix,
    keys,
    /** The key of the record of a session or a state, by what is stored of its id. */
    keyOf: async (key: string) => (await keys()).find((each) => each.endsWith(`}:${key}`)) as string,
    /** How many entries the indexes of sessions have, by expiry and by identity. */
    entries: async () => {
      const all = (await keys()).filter((key) => key.startsWith(`${prefix}s:`))
      return [
        await sum(all.filter((key) => key.endsWith('}'))),
        await sum(all.filter((key) => key.endsWith('}@'))),
      ] as const
    },
    advance: (ms: number) => {
      aheadMs += ms
    },
  }
}

interface SeenCall {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

/** Comes between the store and its connection, for every script until the test ends. `proceed` makes the call, or another. */
export function comeBetween(
  between: (call: SeenCall, proceed: (script?: Script) => Promise<unknown>) => Promise<unknown>,
): void {
  const { run } = Connection.prototype
  const spy = vi.spyOn(Connection.prototype, 'run').mockImplementation(function (
    this: Connection,
    script,
    keys,
    args,
    map = (answer) => answer,
  ) {
    return between({ script, keys, args }, (other = script) => run.call(this, other, keys, args)).then(map)
  })
  onTestFinished(() => spy.mockRestore())
}
