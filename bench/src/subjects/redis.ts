import KeyvRedis from '@keyv/redis'
import { redisStore } from '@sess/redis'
import { RedisStore } from 'connect-redis'
import { Redis } from 'ioredis'
import Keyv from 'keyv'
import { createClient } from 'redis'
import type { SampleData } from '../sample-session.ts'
import { type ExpressStore, expressSubject } from './express-subject.ts'
import { keyvSubject } from './keyv-subject.ts'
import { rawSubject } from './raw-subject.ts'
import { sessSubject } from './sess-subject.ts'
import type { Place, Subject, SubjectDefinition } from './subject.ts'

export const subjects: readonly SubjectDefinition[] = [
  {
    role: 'sess',
    name: '@sess/redis',
    packages: ['@sess/redis', 'ioredis'],
    configuration: 'url; one connection of ioredis',
    async open({ url, namespace, now }) {
      const prefixes = { sessionPrefix: `${namespace}:session:`, statePrefix: `${namespace}:state:` }
      return sessSubject(redisStore<SampleData>({ url, ...prefixes, now }), () => usedMemory(url))
    },
  },
  {
    role: 'peer',
    name: 'connect-redis',
    packages: ['connect-redis', 'redis'],
    configuration: 'the client of redis (node-redis) that its README has, one connection; touch enabled',
    async open({ url, namespace }) {
      const client = createClient({ url })
      client.on('error', () => {})
      await client.connect()
      const store = new RedisStore({ client, prefix: `${namespace}:` })
      return expressSubject(store as unknown as ExpressStore, {
        expiresAt: async (key) => expiryOf(await client.pTTL(`${namespace}:${key}`)),
        bytesAtRest: () => usedMemory(url),
        close: () => client.close(),
      })
    },
  },
  {
    role: 'keyv',
    name: '@keyv/redis',
    packages: ['keyv', '@keyv/redis'],
    configuration: 'url; one connection of @redis/client',
    async open({ url, namespace }) {
      return keyvSubject(new Keyv({ store: new KeyvRedis(url), namespace }), () => usedMemory(url))
    },
  },
  {
    role: 'raw',
    name: 'ioredis, one command',
    packages: ['ioredis'],
    configuration: 'GET, SET PX; one connection',
    open: (place) => open(place, false),
  },
  {
    role: 'batch',
    name: 'ioredis, 64 at once',
    packages: ['ioredis'],
    configuration: 'MGET, and a pipeline of SET PX; one connection',
    open: (place) => open(place, true),
  },
]

async function open({ url, namespace }: Place, inBatches: boolean): Promise<Subject> {
  const client = new Redis(url)
  const keyOf = (key: string) => `${namespace}:${key}`
  const driver = {
    get: (key: string) => client.get(keyOf(key)),
    set: (key: string, text: string, expiresAt: number) => client.set(keyOf(key), text, 'PX', expiresAt - Date.now()),
    touch: (key: string, expiresAt: number) => client.pexpire(keyOf(key), expiresAt - Date.now()),
    delete: (key: string) => client.del(keyOf(key)),
    expiresAt: async (key: string) => expiryOf(await client.pttl(keyOf(key))),
    bytesAtRest: () => usedMemory(url),
    close: async () => client.disconnect(),
  }
  const batches = {
    get: (keys: readonly string[]) => client.mget(keys.map(keyOf)),
    async set(keys: string[], texts: string[], expiresAt: number) {
      const pipeline = client.pipeline()
      const ttlMs = expiresAt - Date.now()
      keys.forEach((key, index) => {
        pipeline.set(keyOf(key), texts[index] ?? '', 'PX', ttlMs)
      })
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error
    },
  }
  return rawSubject(driver, inBatches ? batches : undefined)
}

function expiryOf(ttlMs: number): number | null {
  return ttlMs > 0 ? Date.now() + ttlMs : null
}

async function usedMemory(url: string): Promise<number> {
  const client = new Redis(url)
  try {
    return Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1])
  } finally {
    client.disconnect()
  }
}
