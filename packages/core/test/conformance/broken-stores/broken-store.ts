import type { ConformanceHarness } from '../../../src/conformance/index.ts'
import type { Publish } from '../published-store.ts'
import { referenceHarness, type StoreClass } from '../reference-harness.ts'
import { ReferenceStore } from '../reference-store.ts'

/** A store with one defect, and the cases that are there to catch it, each with what its message must say. */
export interface BrokenStore {
  readonly defect: string
  readonly caught: Readonly<Record<string, RegExp>>
  readonly harness: ConformanceHarness<ReferenceStore>
}

export function broken(
  defect: string,
  Store: StoreClass,
  caught: Readonly<Record<string, RegExp>>,
  harness: Partial<ConformanceHarness<ReferenceStore>> = {},
): BrokenStore {
  return { defect, caught, harness: { ...referenceHarness(Store), ...harness } }
}

/** A store that does what it should, and tells the tracing channel what it should not. */
export function brokenTraces(
  defect: string,
  publish: Publish,
  caught: Readonly<Record<string, RegExp>>,
  Store: StoreClass = ReferenceStore,
): BrokenStore {
  return { defect, caught, harness: referenceHarness(Store, publish) }
}

/** A moment in which another client can come between a read and a write. */
export async function gap(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
