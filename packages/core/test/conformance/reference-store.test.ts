import { expect, test } from 'vitest'
import { conformanceCases, formatReport, runConformance } from '../../src/conformance/index.ts'
import { referenceHarness } from './reference-harness.ts'

test('the reference store passes every case, and skips only those of a store that lacks something', async () => {
  const report = await runConformance(referenceHarness())
  expect(report.cases.filter(({ status }) => status === 'failed')).toEqual([])
  const skipped = report.cases.filter(({ status }) => status === 'skipped').map(({ id }) => id)
  expect(skipped).toEqual(conformanceCases.filter(({ lacks }) => lacks).map(({ id }) => id))
  expect(formatReport(report)).toMatch(/^\d+ passed, 0 failed, 10 skipped$/m)
})
