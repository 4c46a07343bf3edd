import { setImmediate } from 'node:timers/promises'
import { MemoryStorage, memoryStore } from '@sess/memory'
import session from 'express-session'
import Keyv from 'keyv'
import createMemoryStore from 'memorystore'
import type { SampleData } from '../sample-session.ts'
import { type ExpressStore, expressSubject } from './express-subject.ts'
import { keyvSubject } from './keyv-subject.ts'
import { rawSubject } from './raw-subject.ts'
import { sessSubject } from './sess-subject.ts'
import type { SubjectDefinition } from './subject.ts'

export const subjects: readonly SubjectDefinition[] = [
  {
    role: 'sess',
    name: '@sess/memory',
    packages: ['@sess/memory'],
    configuration: 'maxSessions 2,000,000',
    async open({ namespace, now }) {
      const storage = held(`sess ${namespace}`, () => new MemoryStorage())
      return sessSubject(memoryStore<SampleData>({ storage, maxSessions: 2_000_000, now }), heapUsed)
    },
  },
  {
    role: 'peer',
    name: 'memorystore',
    packages: ['memorystore'],
    configuration: 'checkPeriod 24 h, as its README has it',
    async open({ namespace }) {
      const MemoryStore = createMemoryStore(session)
      const store = held(`peer ${namespace}`, () => new MemoryStore({ checkPeriod: 86_400_000 }))
      const expressStore = store as unknown as ExpressStore
      return expressSubject(expressStore, {
        expiresAt: (key) =>
          new Promise((resolve, reject) => {
            expressStore.get(key, (error, found) =>
              error ? reject(error) : resolve(found ? new Date(found.cookie.expires).getTime() : null),
            )
          }),
        bytesAtRest: heapUsed,
        close: async () => store.stopInterval(),
      })
    },
  },
  {
    role: 'keyv',
    name: 'keyv',
    packages: ['keyv'],
    configuration: 'its default, a Map',
    async open({ namespace }) {
      return keyvSubject(new Keyv({ store: held(`keyv ${namespace}`, () => new Map()) }), heapUsed)
    },
  },
  {
    role: 'raw',
    name: 'Map',
    packages: [],
    configuration: 'JSON text and expiry in a Map',
    async open({ namespace }) {
      const map = held(`raw ${namespace}`, () => new Map<string, { text: string; expiresAt: number }>())
      const live = (key: string) => {
        const entry = map.get(key)
        return entry !== undefined && entry.expiresAt > Date.now() ? entry : null
      }
      return rawSubject({
        get: async (key) => live(key)?.text,
        set: async (key, text, expiresAt) => map.set(key, { text, expiresAt }),
        async touch(key, expiresAt) {
          const entry = live(key)
          if (entry !== null) entry.expiresAt = expiresAt
        },
        delete: async (key) => map.delete(key),
        expiresAt: async (key) => live(key)?.expiresAt ?? null,
        bytesAtRest: heapUsed,
        close: async () => {},
      })
    },
  },
]

/** What this process keeps in memory, by place. */
const storages = new Map<string, unknown>()

function held<T>(name: string, make: () => T): T {
  if (!storages.has(name)) storages.set(name, make())
  return storages.get(name) as T
}

async function heapUsed(): Promise<number> {
  // What was just let go of is garbage only after the turn of the event loop that let it go.
  await setImmediate()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
