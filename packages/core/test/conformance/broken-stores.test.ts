import { describe, expect, test } from 'vitest'
import { type ConformanceHarness, conformanceCases } from '../../src/conformance/index.ts'
import { runCase } from '../../src/conformance/run-case.ts'
import { brokenData } from './broken-stores/data.ts'
import { brokenFailures } from './broken-stores/failures.ts'
import { brokenPeople } from './broken-stores/people.ts'
import { brokenRewrites } from './broken-stores/rewrites.ts'
import { brokenSaves } from './broken-stores/saves.ts'
import { brokenSingleCalls } from './broken-stores/single-calls.ts'
import { brokenStates } from './broken-stores/states.ts'
import { brokenSurroundings } from './broken-stores/surroundings.ts'
import { brokenTime } from './broken-stores/time.ts'

const brokenStores = [
  ...brokenSingleCalls,
  ...brokenSaves,
  ...brokenTime,
  ...brokenRewrites,
  ...brokenPeople,
  ...brokenStates,
  ...brokenData,
  ...brokenFailures,
  ...brokenSurroundings,
]
const byId = new Map(conformanceCases.map((each) => [each.id, each]))

describe.each(brokenStores)('$defect', ({ harness, caught }) => {
  test.each(Object.entries(caught))('%s rejects it with %s', async (id, message) => {
    const definition = byId.get(id)
    if (!definition) throw new Error(`no case has the id ${id}`)
    const { status, error } = await runCase(harness as ConformanceHarness, definition)
    expect(status).toBe('failed')
    expect((error as Error).message).toMatch(message)
  })
})

test('every case is known to fail for some defect', () => {
  const failing = new Set(brokenStores.flatMap(({ caught }) => Object.keys(caught)))
  expect(conformanceCases.map(({ id }) => id).filter((id) => !failing.has(id))).toEqual([])
})
