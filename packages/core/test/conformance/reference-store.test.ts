import { expect, test } from 'vitest'
import { conformanceCases, runConformance } from '../../src/conformance/index.ts'
import { referenceHarness } from './reference-harness.ts'

/** What the reference store has no options for; a store of the core over maps is held against these. */
const notItsOwn = new Set(['seal', 'data-schema'])
const isItsOwn = ({ group, id }: { group: string; id: string }) =>
  !notItsOwn.has(group) && id !== 'configuration/of-a-seal'

test('the reference store, which has everything else, passes every case and skips none', async () => {
  const report = await runConformance(referenceHarness())
  const itsOwn = report.cases.filter(isItsOwn)
  expect(itsOwn.filter(({ status }) => status !== 'passed')).toEqual([])
  const count = conformanceCases.filter(isItsOwn).length
  expect(report).toMatchObject({ passed: count, failed: 0 })
})
