import type { SessionStore } from '../contract/session-store.ts'
import { conformanceCases } from './cases.ts'
import type { ConformanceHarness } from './harness.ts'
import { type CaseReport, type ConformanceReport, summarize } from './report.ts'
import { CaseRuns } from './run-case.ts'
import { withStrayErrors } from './stray-errors.ts'

/**
 * Holds a store against the contract, without a test runner: every case in turn, each on a store of its own. Resolves
 * with the report also where cases fail, and where the store rejects a promise or throws in a callback that nobody can
 * handle: that fails the case. Where a case of the group `harness` fails, the rest is skipped.
 * @example
 * const report = await runConformance({ open: ({ now }) => memoryStore({ now }) })
 * console.log(formatReport(report))
 * process.exitCode = report.failed > 0 ? 1 : 0
 */
export async function runConformance<Store extends SessionStore>(
  harness: ConformanceHarness<Store>,
): Promise<ConformanceReport> {
  const cases: CaseReport[] = unknownExpectedFailures(harness)
  const runs = new CaseRuns(harness as ConformanceHarness)
  await withStrayErrors(async (takeStray) => {
    for (const definition of conformanceCases) {
      const report = await runs.run(definition)
      const stray = await takeStray()
      cases.push(stray === null || report.status === 'failed' ? report : { ...report, status: 'failed', error: stray })
    }
  })
  return summarize(cases)
}

/** One failed case for each id in `expectedFailures` that no case has: a typing error, or a case that was renamed. */
export function unknownExpectedFailures(harness: Pick<ConformanceHarness, 'expectedFailures'>): CaseReport[] {
  const known = new Set(conformanceCases.map(({ id }) => id))
  return Object.keys(harness.expectedFailures ?? {})
    .filter((id) => !known.has(id))
    .map((id) => ({
      id,
      group: 'expected-failures',
      title: 'every id in expectedFailures is that of a case',
      status: 'failed',
      error: new Error(`expectedFailures names "${id}", and no case has this id`),
    }))
}
