import type Keyv from 'keyv'
import { dayMs, type SampleContent } from '../sample-session.ts'
import { newKey } from './express-subject.ts'
import type { Subject } from './subject.ts'

/** What keyv does on any adapter. It has no touch. */
export function keyvSubject(keyv: Keyv, bytesAtRest: () => Promise<number>): Subject {
  // Without a listener an error of the adapter would be a missing session.
  let failure: unknown
  keyv.on('error', (error: unknown) => {
    failure ??= error
  })
  const checked = <T>(answer: T): T => {
    if (failure !== undefined) throw failure
    return answer
  }
  const set = async (key: string, { identity, data }: SampleContent, counter: number, ttlMs = dayMs) => {
    if (!checked(await keyv.set(key, { identity, data: { ...data, counter } }, ttlMs)))
      throw new Error('keyv wrote nothing')
  }
  return {
    async create(content, ttlMs) {
      const key = newKey()
      await set(key, content, 0, ttlMs)
      return { key, content, counter: 0 }
    },
    load: async (key) => checked(await keyv.get<SampleContent>(key))?.data.counter ?? null,
    save: ({ key, content, counter }) => set(key, content, counter),
    delete: async (key) => void checked(await keyv.delete(key)),
    bytesAtRest,
    close: () => keyv.disconnect(),
  }
}
