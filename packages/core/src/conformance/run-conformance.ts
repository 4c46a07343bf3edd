import type { SessionStore } from '../contract/session-store.ts'
import { conformanceCases } from './cases.ts'
import type { ConformanceHarness } from './harness.ts'
import { type CaseReport, type ConformanceReport, summarize } from './report.ts'
import { runCase } from './run-case.ts'

/**
 * Holds a store against the contract, without a test runner: every case in turn, each on a store of its own. Resolves
 * with the report also where cases fail.
 * @example
 * const report = await runConformance({ open: ({ now }) => memoryStore({ now }) })
 * console.log(formatReport(report))
 * process.exitCode = report.failed > 0 ? 1 : 0
 */
export async function runConformance<Store extends SessionStore>(
  harness: ConformanceHarness<Store>,
): Promise<ConformanceReport> {
  const cases: CaseReport[] = unknownExpectedFailures(harness)
  for (const definition of conformanceCases) cases.push(await runCase(harness as ConformanceHarness, definition))
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
