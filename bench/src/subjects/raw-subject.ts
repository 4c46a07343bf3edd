import { dayMs, type SampleContent } from '../sample-session.ts'
import { newKey } from './express-subject.ts'
import type { StoredSession, Subject } from './subject.ts'

/** A driver with one statement for each operation: JSON text by key, and an expiry in epoch ms. */
export interface RawDriver extends Pick<Subject, 'bytesAtRest' | 'close'> {
  get(key: string): Promise<string | null | undefined>
  set(key: string, text: string, expiresAt: number): Promise<unknown>
  touch(key: string, expiresAt: number): Promise<unknown>
  delete(key: string): Promise<unknown>
  expiresAt(key: string): Promise<number | null>
}

/** Several sessions in the best form that the driver has for it. */
export interface RawBatches {
  /** The texts, in the order of the keys. */
  get(keys: readonly string[]): Promise<(string | null | undefined)[]>
  /** `keys` are sorted, so that two batches cannot wait for each other. */
  set(keys: string[], texts: string[], expiresAt: number): Promise<unknown>
}

export function rawSubject(driver: RawDriver, batches?: RawBatches): Subject {
  const { bytesAtRest, close, expiresAt } = driver
  const set = async (key: string, content: SampleContent, counter: number, ttlMs = dayMs) =>
    void (await driver.set(key, encode(content, counter), Date.now() + ttlMs))
  return {
    async create(content, ttlMs) {
      const key = newKey()
      await set(key, content, 0, ttlMs)
      return { key, content, counter: 0 }
    },
    load: async (key) => decode(await driver.get(key)),
    save: ({ key, content, counter }) => set(key, content, counter),
    touch: async ({ key }, ttlMs) => void (await driver.touch(key, Date.now() + ttlMs)),
    delete: async (key) => void (await driver.delete(key)),
    expiresAt,
    bytesAtRest,
    close,
    ...(batches && {
      batch: {
        load: async (keys) => (await batches.get(keys)).map(decode),
        async save(sessions) {
          const sorted = sessions.toSorted(byKey)
          const texts = sorted.map(({ content, counter }) => encode(content, counter))
          await batches.set(
            sorted.map(({ key }) => key),
            texts,
            Date.now() + dayMs,
          )
        },
      },
    }),
  }
}

function byKey(one: StoredSession, other: StoredSession): number {
  return one.key < other.key ? -1 : 1
}

function encode({ identity, data }: SampleContent, counter: number): string {
  return JSON.stringify({ identity, data: { ...data, counter } })
}

function decode(text: string | null | undefined): number | null {
  return text ? (JSON.parse(text) as SampleContent).data.counter : null
}
