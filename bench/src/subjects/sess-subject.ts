import type { SessionInput, SessionStore } from '@sess/core'
import { dayMs, type SampleData } from '../sample-session.ts'
import type { StoredSession, Subject } from './subject.ts'

/** What a session store of sess does, whatever its engine. */
export function sessSubject(store: SessionStore<SampleData>, bytesAtRest: () => Promise<number>): Subject {
  const input = ({ key, content, counter }: StoredSession): SessionInput<SampleData> => ({
    id: key,
    identity: content.identity,
    data: { ...content.data, counter },
    expiresAt: new Date(Date.now() + dayMs),
  })
  return {
    async create(content, ttlMs = dayMs) {
      const { identity } = content
      const { id, version } = await store.create({ identity, data: { ...content.data, counter: 0 }, ttl: ttlMs })
      return { key: id, content, counter: 0, version }
    },
    async load(key) {
      return (await store.load(key))?.data.counter ?? null
    },
    async save(session) {
      const { version = '' } = session
      session.version = (await store.save({ ...input(session), version })).version
    },
    async upsert(session) {
      session.version = (await store.save(input(session))).version
    },
    async touch({ key }, ttlMs) {
      await store.touch(key, { ttl: ttlMs })
    },
    async delete(key) {
      await store.delete(key)
    },
    async expiresAt(key) {
      return (await store.load(key))?.expiresAt.getTime() ?? null
    },
    cleanExpired: () => store.cleanExpired(),
    bytesAtRest,
    close: () => store.close(),
  }
}
