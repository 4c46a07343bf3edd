import { expect, test } from 'vitest'
import { conformanceCases, runConformance } from '../../src/conformance/index.ts'
import { referenceHarness } from './reference-harness.ts'

/** What the reference store has no options for; a store of the core over maps is held against these. */
const notItsOwn = new Set(['seal', 'data-schema'])

test('the reference store, which has everything else, passes every case and skips none', async () => {
  const report = await runConformance(referenceHarness())
  const itsOwn = report.cases.filter(({ group }) => !notItsOwn.has(group))
  expect(itsOwn.filter(({ status }) => status !== 'passed')).toEqual([])
  const count = conformanceCases.filter(({ group }) => !notItsOwn.has(group)).length
  expect(report).toMatchObject({ passed: count, failed: 0 })
})
