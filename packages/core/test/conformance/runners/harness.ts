import { SessionError } from '../../../src/contract/errors.ts'
import { referenceHarness } from '../reference-harness.ts'
import { type ReferenceOptions, ReferenceStore, type Row, type Storage } from '../reference-store.ts'

/** A store that is right, and lacks one capability. */
export class WithoutTouch extends ReferenceStore {
  override readonly capabilities: ReferenceStore['capabilities']

  constructor(options: ReferenceOptions, storage?: Storage) {
    super(options, storage)
    this.capabilities = Object.freeze({ ...new ReferenceStore(options).capabilities, touch: false })
  }

  override touch(): Promise<never> {
    return Promise.reject(new SessionError('SESS_UNSUPPORTED', 'no touch'))
  }
}

class Resurrecting extends WithoutTouch {
  protected override replace(id: string, row: Row) {
    return this.put(id, row)
  }
}

/** With BROKEN set, of a store that fails. Without a way to end the backend. */
const { outage, ...members } = referenceHarness(process.env.BROKEN ? Resurrecting : WithoutTouch)
export const harness = members
