import { expect, test } from 'vitest'
import { conformanceCases, runConformance } from '../../src/conformance/index.ts'
import { referenceHarness } from './reference-harness.ts'

test('the reference store, which has everything, passes every case and skips none', async () => {
  const report = await runConformance(referenceHarness())
  expect(report.cases.filter(({ status }) => status !== 'passed')).toEqual([])
  expect(report).toMatchObject({ passed: conformanceCases.length, failed: 0, skipped: 0 })
})
