import type { ConformanceHarness } from '../../../src/conformance/index.ts'
import { referenceHarness, type StoreClass } from '../reference-harness.ts'
import type { ReferenceStore } from '../reference-store.ts'

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

/** A moment in which another client can come between a read and a write. */
export async function gap(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
