import type { SessionStore } from '../contract/session-store.ts'
import { openContext } from './case-context.ts'
import type { ConformanceCase, Requirement } from './conformance-case.ts'
import { isError } from './expectations.ts'
import type { ConformanceHarness } from './harness.ts'
import type { CaseReport } from './report.ts'
import { within } from './time-limit.ts'

const defaultLimitMs = 60_000

/** Runs one case on a store of its own and closes it; never rejects. */
export async function runCase(harness: ConformanceHarness, definition: ConformanceCase): Promise<CaseReport> {
  const { id, group, title } = definition
  const report = await attempt(harness, definition).catch(failed)
  const expected = harness.expectedFailures?.[id]
  return { id, group, title, ...(expected === undefined ? report : asExpected(report, expected)) }
}

type Outcome = Pick<CaseReport, 'status' | 'error' | 'reason'>

function failed(thrown: unknown): Outcome {
  return { status: 'failed', error: isError(thrown) ? thrown : new Error(`thrown: ${String(thrown)}`) }
}

function asExpected(outcome: Outcome, reason: string): Outcome {
  if (outcome.status === 'skipped') return outcome
  if (outcome.status === 'failed') return { ...outcome, status: 'passed', reason: `fails as expected: ${reason}` }
  return { status: 'failed', error: new Error(`passes, though it is listed in expectedFailures: ${reason}`) }
}

async function attempt(harness: ConformanceHarness, definition: ConformanceCase): Promise<Outcome> {
  const limitMs = harness.limitMs ?? defaultLimitMs
  const { context, end, stoodIn } = await within(limitMs, openContext(harness, definition, limitMs), 'open')
  let outcome: Outcome
  try {
    const reason = skipReason(harness, context.store, definition)
    if (reason !== undefined) {
      outcome = { status: 'skipped', reason }
    } else {
      await within(limitMs, definition.run(context), 'the case')
      outcome = stoodIn()
        ? { status: 'passed', reason: 'no second client: one stood in for both' }
        : { status: 'passed' }
    }
  } catch (error) {
    outcome = failed(error)
  }
  try {
    await end()
  } catch (error) {
    if (outcome.status !== 'failed') return failed(error)
  }
  return outcome
}

function skipReason(harness: ConformanceHarness, store: SessionStore, definition: ConformanceCase): string | undefined {
  const { lacks } = definition
  if (lacks && store.capabilities[lacks] !== false) return `the store's capabilities include ${lacks}`
  for (const requirement of definition.requires) {
    const reason = missing(harness, store, requirement)
    if (reason !== undefined) return reason
  }
  return undefined
}

function missing(harness: ConformanceHarness, store: SessionStore, requirement: Requirement): string | undefined {
  switch (requirement) {
    case 'peer':
      return harness.openPeer ? undefined : 'the harness has no openPeer'
    case 'dump':
      return harness.dump ? undefined : 'the harness has no dump'
    case 'outage':
      return harness.outage ? undefined : 'the harness has no outage'
    case 'options':
      return harness.takesOptions ? undefined : 'the harness does not state takesOptions'
    default:
      return store.capabilities[requirement] === true ? undefined : `the store's capabilities lack ${requirement}`
  }
}
