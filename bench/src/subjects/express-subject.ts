import { randomBytes } from 'node:crypto'
import { type SampleContent, type SampleCookie, sampleCookie } from '../sample-session.ts'
import type { Subject } from './subject.ts'

/** A session as express-session hands it to a store. */
export interface ExpressSession extends SampleContent {
  cookie: SampleCookie
}

/** What express-session asks of a store. */
export interface ExpressStore {
  get(id: string, done: (error: unknown, session?: ExpressSession | null) => void): void
  set(id: string, session: ExpressSession, done: (error?: unknown) => void): void
  touch(id: string, session: ExpressSession, done: (error?: unknown) => void): void
  destroy(id: string, done: (error?: unknown) => void): void
}

type Rest = Pick<Subject, 'bytesAtRest' | 'close'> & Required<Pick<Subject, 'expiresAt'>>

/** What a store for express-session does, whatever its engine. It is given the session of a request, cookie included. */
export function expressSubject(store: ExpressStore, rest: Rest): Subject {
  const set = (key: string, { identity, data }: SampleContent, counter: number, ttlMs?: number) =>
    answered((done) => store.set(key, { cookie: sampleCookie(ttlMs), identity, data: { ...data, counter } }, done))
  return {
    hasCookie: true,
    async create(content, ttlMs) {
      const key = newKey()
      await set(key, content, 0, ttlMs)
      return { key, content, counter: 0 }
    },
    async load(key) {
      const session = await answered<ExpressSession | null | undefined>((done) => store.get(key, done))
      return session?.data.counter ?? null
    },
    save: ({ key, content, counter }) => set(key, content, counter),
    touch: ({ key, content }, ttlMs) =>
      answered((done) => store.touch(key, { cookie: sampleCookie(ttlMs), ...content }, done)),
    delete: (key) => answered((done) => store.destroy(key, done)),
    ...rest,
  }
}

/** An id as express-session makes it: 24 random bytes. */
export function newKey(): string {
  return randomBytes(24).toString('base64url')
}

function answered<T = void>(ask: (done: (error?: unknown, answer?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => ask((error, answer) => (error ? reject(error) : resolve(answer as T))))
}
