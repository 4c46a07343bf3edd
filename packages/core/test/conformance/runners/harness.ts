import { SessionError } from '../../../src/contract/errors.ts'
import type { LoadOptions } from '../../../src/contract/method-options.ts'
import type { SessionInput } from '../../../src/contract/session.ts'
import { referenceHarness } from '../reference-harness.ts'
import { type ReferenceOptions, ReferenceStore, type Row, type Storage } from '../reference-store.ts'

/** A store that is right, and lacks one capability. */
export class WithoutTouch extends ReferenceStore {
  override readonly capabilities: ReferenceStore['capabilities']

  constructor(options: ReferenceOptions, storage?: Storage) {
    super(options, storage)
    this.capabilities = Object.freeze({ ...new ReferenceStore(options).capabilities, touch: false })
  }

  override load(id: string, options: LoadOptions = {}) {
    return options.touch === undefined ? super.load(id) : this.touch()
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

/** Its `exists` rejects before a case that has called it comes to await it. */
class RejectingEarly extends WithoutTouch {
  override async load(id: string) {
    await new Promise((resolve) => setImmediate(resolve))
    return await super.load(id)
  }
  override exists(): Promise<never> {
    return Promise.reject(new Error('exists is not here yet'))
  }
}

/** What it starts beside its work fails, and nobody hears of that: its process ends. */
class Straying extends WithoutTouch {
  override save(input: SessionInput) {
    void Promise.reject(new Error('the index was not written'))
    return super.save(input)
  }
  override delete(id: string) {
    setImmediate(() => {
      throw new Error('the connection was lost')
    })
    return super.delete(id)
  }
}

const stores = { resurrecting: Resurrecting, 'rejecting-early': RejectingEarly, straying: Straying }
const { BROKEN } = process.env

/** With BROKEN set, of a store that fails. Without a way to end the backend. */
const { outage, ...members } = referenceHarness(BROKEN ? stores[BROKEN as keyof typeof stores] : WithoutTouch)
export const harness = members
