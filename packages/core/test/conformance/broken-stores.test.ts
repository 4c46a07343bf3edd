import { describe, expect, test } from 'vitest'
import { type ConformanceHarness, conformanceCases } from '../../src/conformance/index.ts'
import { runCase } from '../../src/conformance/run-case.ts'
import { brokenAnswers } from './broken-stores/answers.ts'
import { brokenConditions } from './broken-stores/conditions.ts'
import { brokenCrowdRaces } from './broken-stores/crowd-races.ts'
import { brokenCrowds } from './broken-stores/crowds.ts'
import { brokenData } from './broken-stores/data.ts'
import { brokenEndings } from './broken-stores/endings.ts'
import { brokenFailures } from './broken-stores/failures.ts'
import { brokenJsonTexts } from './broken-stores/json-texts.ts'
import { brokenPages } from './broken-stores/pages.ts'
import { brokenPeople } from './broken-stores/people.ts'
import { brokenRewrites } from './broken-stores/rewrites.ts'
import { brokenRunningChanges } from './broken-stores/running-changes.ts'
import { brokenSaves } from './broken-stores/saves.ts'
import { brokenSealsAndSchemas, mapHarness } from './broken-stores/sealed.ts'
import { brokenSignIns } from './broken-stores/sign-ins.ts'
import { brokenSingleCalls } from './broken-stores/single-calls.ts'
import { brokenStates } from './broken-stores/states.ts'
import { brokenSurroundings } from './broken-stores/surroundings.ts'
import { brokenTime } from './broken-stores/time.ts'
import { brokenTraces } from './broken-stores/traces.ts'

/** Of these `caught` names every case of its groups that rejects the store: those beside them must pass it. */
const brokenExactly = [...brokenRunningChanges, ...brokenAnswers, ...brokenPages, ...brokenEndings, ...brokenTraces]
const brokenStores = [
  ...brokenSingleCalls,
  ...brokenSaves,
  ...brokenTime,
  ...brokenRewrites,
  ...brokenPeople,
  ...brokenStates,
  ...brokenData,
  ...brokenJsonTexts,
  ...brokenFailures,
  ...brokenSurroundings,
  ...brokenSignIns,
  ...brokenCrowds,
  ...brokenConditions,
  ...brokenCrowdRaces,
  ...brokenSealsAndSchemas,
  ...brokenExactly,
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

/** They wait for a time-out: once for each is enough. */
const slowCases = new Set([
  'running-changes/crosswise-updates-end',
  'running-changes/a-hanging-change-ends',
  'running-changes/may-outlast-timeout-ms',
  'lifecycle/close-ends-beside-a-hanging-change',
  'lifecycle/a-pause-is-no-outage',
])
const quick = brokenExactly.filter(({ harness }) => harness.limitMs === undefined)

test.each(quick)('$defect: no other case of these groups rejects it', async ({ harness, caught }) => {
  const groups = new Set(Object.keys(caught).map((id) => byId.get(id)?.group))
  const rejected: string[] = []
  for (const definition of conformanceCases) {
    if (!groups.has(definition.group) || Object.hasOwn(caught, definition.id) || slowCases.has(definition.id)) continue
    const { id, status } = await runCase(harness as ConformanceHarness, definition)
    if (status === 'failed') rejected.push(id)
  }
  expect(rejected).toEqual([])
})

test('the store over maps, from which those are made that break a seal or a schema, keeps all of it', async () => {
  const groups = new Set(['seal', 'data-schema', 'ids-apart', 'configuration'])
  for (const definition of conformanceCases.filter(({ group }) => groups.has(group))) {
    const { id, status } = await runCase(mapHarness(), definition)
    expect([id, status]).toEqual([id, 'passed'])
  }
})

test('every case is known to fail for some defect', () => {
  const failing = new Set(brokenStores.flatMap(({ caught }) => Object.keys(caught)))
  expect(conformanceCases.map(({ id }) => id).filter((id) => !failing.has(id))).toEqual([])
})
