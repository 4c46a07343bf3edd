import { type Capabilities, capabilityNames } from '../../src/contract/capabilities.ts'
import { SessionError } from '../../src/contract/errors.ts'
import type { LoadOptions, SaveOptions } from '../../src/contract/method-options.ts'
import type { Session, SessionInput } from '../../src/contract/session.ts'
import type { SessionStore } from '../../src/contract/session-store.ts'
import { ReferenceStore } from './reference-store.ts'

const none = Object.freeze(Object.fromEntries(capabilityNames.map((name) => [name, false]))) as unknown as Capabilities

function unsupported(): Promise<never> {
  return Promise.reject(new SessionError('SESS_UNSUPPORTED', 'this store cannot do it'))
}

/** A third party's first store: save, load and delete, and nothing else. */
export class MinimalStore implements SessionStore {
  readonly capabilities = none
  readonly maxLifetime = null
  readonly #store: ReferenceStore

  constructor({ now }: { now: () => number }) {
    this.#store = new ReferenceStore({ now })
  }

  save(session: SessionInput, options?: SaveOptions): Promise<Session> {
    return options?.if === 'absent' || options?.if === 'unchanged' ? unsupported() : this.#store.save(session, options)
  }
  load(id: string, options?: LoadOptions): Promise<Session | null> {
    return options?.touch === undefined ? this.#store.load(id) : unsupported()
  }
  delete(id: string): Promise<boolean> {
    return this.#store.delete(id)
  }
  exists(id: string): Promise<boolean> {
    return this.#store.exists(id)
  }
  ping(): Promise<void> {
    return this.#store.ping()
  }
  close(): Promise<void> {
    return this.#store.close()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  create = unsupported
  update = unsupported
  touch = unsupported
  rotate = unsupported
  count = unsupported
  cleanExpired = unsupported
  listByIdentity = unsupported
  deleteByIdentity = unsupported
  deleteByHandle = unsupported
  updateByIdentity = unsupported
  deleteAll = unsupported
  putState = unsupported
  consumeState = unsupported
  // biome-ignore lint/correctness/useYield: it rejects before it has anything to give
  async *entries(): AsyncGenerator<never, undefined, undefined> {
    return await unsupported()
  }
}
