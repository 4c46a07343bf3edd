import type { SessionStore } from '../contract/session-store.ts'
import { conformanceCases } from './cases.ts'
import type { ConformanceCase } from './conformance-case.ts'
import type { ConformanceHarness } from './harness.ts'
import { CaseRuns, missingInHarness } from './run-case.ts'
import { unknownExpectedFailures } from './run-conformance.ts'

/** The part of `node:test`, vitest, mocha, jest and bun that the suite uses. */
export interface ConformanceRunner {
  describe(name: string, body: () => void): unknown
  it(name: string, body: () => Promise<void>, timeoutMs?: number): unknown
}

/** Above the limit that the suite itself keeps, so that a case which hangs is reported by its own message. */
const runnerLimitMs = 180_000

/**
 * Declares every case of the suite to a test runner, in one `describe` per group. A case that needs what the harness does
 * not have is left out, and that is printed. Where a case of the group `harness` fails, the rest is skipped.
 * @example
 * describeConformance({ describe, it }, { open: ({ now }) => memoryStore({ now }) })
 */
export function describeConformance<Store extends SessionStore>(
  { describe, it }: ConformanceRunner,
  harness: ConformanceHarness<Store>,
): void {
  const unknown = unknownExpectedFailures(harness)
  if (unknown.length > 0) {
    describe('expected-failures', () => {
      for (const { id, error } of unknown) it(id, () => Promise.reject(error))
    })
  }
  const missing = (each: ConformanceCase) => missingInHarness(harness as ConformanceHarness, each)
  for (const [reason, cases] of Map.groupBy(conformanceCases, missing)) {
    // biome-ignore lint/suspicious/noConsole: no runner has a word for a case that does not apply
    if (reason !== undefined) console.log(`conformance: ${cases.length} cases left out: ${reason}`)
  }
  const applicable = conformanceCases.filter((each) => missing(each) === undefined)
  const runs = new CaseRuns(harness as ConformanceHarness)
  for (const [group, cases] of Map.groupBy(applicable, (each) => each.group)) {
    describe(group, () => {
      for (const definition of cases) {
        it(`${definition.id}: ${definition.title}`, body(runs, definition), runnerLimitMs)
      }
    })
  }
}

/** Without a parameter of its own: jest and mocha take one for a callback to be called. */
function body(runs: CaseRuns, definition: ConformanceCase): () => Promise<void> {
  return async function (this: unknown, ...context: unknown[]) {
    if (has(this, 'timeout')) this.timeout(runnerLimitMs)
    const { status, reason, error } = await runs.run(definition)
    if (status === 'failed') throw error
    if (status === 'skipped') skip(definition.id, reason ?? '', [...context, this])
  }
}

/** node:test and vitest pass a context with `skip` that keeps the reason; mocha has it on `this`, without; jest has none. */
function skip(id: string, reason: string, contexts: readonly unknown[]): void {
  const [given, own] = [contexts[0], contexts.at(-1)]
  if (given !== own && has(given, 'skip')) {
    given.skip(reason)
    return
  }
  // biome-ignore lint/suspicious/noConsole: these runners print no reason for a skipped test
  console.log(`${id} skipped: ${reason}`)
  if (has(own, 'skip')) own.skip(reason)
}

/** A function too: vitest's context is one. */
function has<Name extends string>(value: unknown, name: Name): value is Record<Name, (argument: unknown) => void> {
  return value !== undefined && value !== null && typeof (value as Record<Name, unknown>)[name] === 'function'
}
