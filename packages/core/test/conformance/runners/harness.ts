import { referenceHarness } from '../reference-harness.ts'
import { ReferenceStore, type Row } from '../reference-store.ts'

class Resurrecting extends ReferenceStore {
  protected override replace(id: string, row: Row) {
    return this.put(id, row)
  }
}

/** The reference store, or with BROKEN set one that fails. */
export const harness = referenceHarness(process.env.BROKEN ? Resurrecting : ReferenceStore)
