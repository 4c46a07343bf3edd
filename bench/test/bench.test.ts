import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { subjects } from '../src/subjects/memory.ts'
import type { Place, Subject, SubjectDefinition } from '../src/subjects/subject.ts'
import { Bench } from '../src/worker/bench.ts'

const opened: Bench[] = []
afterEach(async () => {
  for (const bench of opened.splice(0)) await bench.close()
})

async function open(definition: SubjectDefinition): Promise<Bench> {
  const bench = await Bench.open(definition, { url: '', folder: '', namespace: randomUUID() })
  opened.push(bench)
  await bench.populate({ size: 500, sessions: 8 })
  return bench
}

/** One that differs from a true one in one thing. */
function liar(role: string, lie: (subject: Subject) => Partial<Subject>): SubjectDefinition {
  const honest = subjects.find((subject) => subject.role === role) as SubjectDefinition
  return {
    ...honest,
    async open(place: Place) {
      const subject = await honest.open(place)
      return { ...subject, ...lie(subject) }
    },
  }
}

const seconds = 0.02
const at = { size: 500, callers: 4, seconds }

describe.each(subjects)('$name in memory', (definition) => {
  it.each(['load', 'save', 'upsert', 'touch', 'create-delete', 'mixed', 'save-in-turns'] as const)(
    'really does what %s measures',
    async (operation) => {
      const bench = await open(definition)
      const canDo = bench.can({ ...at, operation })
      expect(canDo).toBe(!(definition.role === 'keyv' && operation === 'touch'))
      if (!canDo) return
      const { operationsPerSecond, p50Ms, p99Ms } = await bench.measure({ ...at, operation })
      expect(operationsPerSecond).toBeGreaterThan(0)
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms)
      await bench.check({ operation, size: 500 })
    },
  )
})

describe('the check of what was measured', () => {
  it('refuses a subject that saves nothing', async () => {
    const bench = await open(liar('peer', () => ({ save: async () => {} })))
    await bench.measure({ ...at, operation: 'save' })
    await expect(bench.check({ operation: 'save', size: 500 })).rejects.toThrow(/was saved, 0 was loaded/)
  })

  it('refuses, while it loads, a subject that finds nothing', async () => {
    const bench = await open(liar('peer', () => ({ load: async () => null })))
    await expect(bench.measure({ ...at, operation: 'load' })).rejects.toThrow('a stored session was not found')
  })

  it('refuses a subject that answers from what it remembers, and not from the storage', async () => {
    const lie = (subject: Subject): Partial<Subject> => {
      const remembered = new Map<string, number>()
      return {
        save: async ({ key, counter }) => void remembered.set(key, counter),
        load: async (key) => remembered.get(key) ?? (await subject.load(key)),
      }
    }
    const bench = await open(liar('raw', lie))
    await bench.measure({ ...at, operation: 'mixed' })
    await bench.measure({ ...at, operation: 'save' })
    await expect(bench.check({ operation: 'mixed', size: 500 })).rejects.toThrow('was loaded')
  })

  it('refuses a subject that deletes nothing', async () => {
    const bench = await open(liar('peer', () => ({ delete: async () => {} })))
    await expect(bench.check({ operation: 'create-delete', size: 500 })).rejects.toThrow('a deleted session was loaded')
  })

  it('refuses a subject whose touch does nothing', async () => {
    const bench = await open(liar('peer', () => ({ touch: async () => {} })))
    await expect(bench.check({ operation: 'touch', size: 500 })).rejects.toThrow('a touch for')
  })
})

describe('a bench', () => {
  const sess = subjects[0] as SubjectDefinition

  it('measures batches by the session, and leaves what no batch can do', async () => {
    const map = liar('raw', ({ load, save }) => ({
      batch: {
        load: (keys) => Promise.all(keys.map(load)),
        save: async (sessions) => void (await Promise.all(sessions.map(save))),
      },
    }))
    const bench = await open(map)
    await bench.populate({ size: 500, sessions: 128 })
    expect(bench.can({ operation: 'touch', size: 500, callers: 128 })).toBe(false)
    expect(bench.can({ operation: 'save', size: 500, callers: 1 })).toBe(false)
    expect(bench.can({ operation: 'save', size: 500, callers: 128 })).toBe(true)
    await bench.measure({ operation: 'save', size: 500, callers: 128, seconds })
    await bench.measure({ operation: 'load', size: 500, callers: 128, seconds })
    await bench.check({ operation: 'save', size: 500 })
  })

  it('remembers as many of its sessions as it is told to', async () => {
    const bench = await open(subjects.find(({ role }) => role === 'sess') as SubjectDefinition)
    await bench.populate({ size: 1000, sessions: 100, remembered: 10 })
    await bench.populate({ size: 2000, sessions: 100, remembered: 0 })
    const measure = async (size: number, callers: number) =>
      bench.measure({ operation: 'load', size, callers, seconds: 0.01 })
    await expect(measure(1000, 10)).resolves.toMatchObject({ operations: expect.any(Number) })
    await expect(measure(1000, 11)).rejects.toThrow('11 callers, but 10 sessions')
    await expect(measure(2000, 1)).rejects.toThrow('1 callers, but 0 sessions')
  })

  it('removes what expired while loads go on, and none of what they load', async () => {
    const bench = await open(sess)
    const { removed } = await bench.cleanUp({ expired: 50, size: 500, callers: 4, seconds })
    expect(removed).toBe(50)
    await bench.check({ operation: 'load', size: 500 })
  })

  it('refuses a clean-up that removed nothing', async () => {
    const bench = await open(liar('sess', () => ({ cleanExpired: async () => 0 })))
    const cleaning = bench.cleanUp({ expired: 50, size: 500, callers: 4, seconds })
    await expect(cleaning).rejects.toThrow('50 sessions expired, 0 were removed')
  })
})
