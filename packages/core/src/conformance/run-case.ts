import type { Capabilities } from '../contract/capabilities.ts'
import type { SessionStore } from '../contract/session-store.ts'
import { openContext } from './case-context.ts'
import type { ConformanceCase, Requirement } from './conformance-case.ts'
import { isError } from './expectations.ts'
import type { ConformanceHarness, ConformanceOpenOptions } from './harness.ts'
import type { CaseReport } from './report.ts'
import { within } from './time-limit.ts'

const defaultLimitMs = 60_000

/** The group that looks at the harness itself: where it fails, no other case says anything about the store. */
const harnessGroup = 'harness'

/** Runs the cases of one suite, one after another. */
export class CaseRuns {
  readonly #harness: ConformanceHarness
  /** The case of the harness group that failed first. */
  #harnessFailure: string | null = null

  constructor(harness: ConformanceHarness) {
    this.#harness = harness
  }

  /** Runs a case; never rejects. Once the harness has failed the rest is skipped. */
  async run(definition: ConformanceCase): Promise<CaseReport> {
    const { id, group, title } = definition
    if (this.#harnessFailure !== null && group !== harnessGroup) {
      const reason = `the harness is wrong, see ${this.#harnessFailure}: nothing else is run`
      return { id, group, title, status: 'skipped', reason }
    }
    const report = await runCase(this.#harness, definition)
    if (group === harnessGroup && report.status === 'failed') this.#harnessFailure ??= id
    return report
  }
}

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
      const notHere = await within(limitMs, definition.run(context), 'the case')
      if (typeof notHere === 'string') outcome = { status: 'skipped', reason: notHere }
      else if (stoodIn()) outcome = { status: 'passed', reason: 'no second client: one stood in for both' }
      else outcome = { status: 'passed' }
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
  const lacking = definition.requires.find((name) => isCapability(name) && store.capabilities[name] !== true)
  return missingInHarness(harness, definition) ?? (lacking && `the store's capabilities lack ${lacking}`)
}

const harnessMembers: Readonly<Partial<Record<Requirement, keyof ConformanceHarness>>> = {
  peer: 'openPeer',
  dump: 'dump',
  damage: 'damage',
  move: 'move',
  outage: 'outage',
  options: 'takesOptions',
}

function isCapability(name: Requirement): name is keyof Capabilities {
  return harnessMembers[name] === undefined
}

/** Why a case can't be run with this harness; undefined where it can. */
export function missingInHarness(
  harness: ConformanceHarness,
  { requires, options }: ConformanceCase,
): string | undefined {
  const member = requires.map((name) => harnessMembers[name]).find((name) => name !== undefined && !harness[name])
  if (member !== undefined) return `the harness has no ${member}`
  const { takesOptions } = harness
  if (typeof takesOptions !== 'object' || options === undefined) return undefined
  const names = Object.keys(options()) as (keyof ConformanceOpenOptions)[]
  const missing = names.find((name) => !takesOptions.includes(name))
  return missing && `the harness does not take the option ${missing}`
}
