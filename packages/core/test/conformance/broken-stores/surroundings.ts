import type { Session, SessionInput } from '../../../src/contract/session.ts'
import { ReferenceStore, Storage } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

const shared = new Storage()

/** Pages, batches, capabilities and harnesses. */
export const brokenSurroundings = [
  broken(
    'a store of an older contract has no updateByIdentity',
    class extends ReferenceStore {
      override updateByIdentity = undefined as never
    },
    { 'harness/has-every-field': /^the store has no function updateByIdentity: what it cannot do rejects/ },
  ),
  broken(
    'a store of an older contract says nothing of handles',
    class extends ReferenceStore {
      override readonly capabilities = {
        ...new ReferenceStore({ now: Date.now }).capabilities,
        handles: undefined as never,
      }
    },
    { 'harness/has-every-field': /^capabilities of the store has no boolean handles$/ },
  ),
  broken(
    'a store of an older contract gives sessions without lastSeenAt and ttlMs',
    class extends ReferenceStore {
      override async save(...args: Parameters<ReferenceStore['save']>) {
        const { lastSeenAt, ttlMs, ...session } = await super.save(...args)
        return session as Session
      }
    },
    { 'harness/has-every-field': /^the session that save resolves with has no value lastSeenAt, ttlMs$/ },
  ),
  broken(
    'what is handed out is what is stored',
    class extends ReferenceStore {
      protected override copy<T>(value: T) {
        return value
      }
    },
    {
      'load/gives-a-fresh-object': /nobody else/,
      'save/input-is-taken-at-the-call': /takes its input at the call|shared with the store/,
      'create/input-is-taken-at-the-call': /takes its input at the call|not what is stored/,
      'update/change-that-throws-writes-nothing': /writes nothing/,
      'update/result-is-not-shared': /nothing that was handed out is what is stored/,
      'entries/gives-fresh-objects': /an entry is not what is stored/,
    },
  ),
  broken(
    'entries gives one page',
    class extends ReferenceStore {
      protected override rows() {
        return super.rows().slice(0, 100)
      }
    },
    {
      'entries/can-be-left': /entries starts anew each time/,
      'entries/covers-many-pages': /each session is given once/,
    },
  ),
  broken(
    'entries counts its way through pages, and skips what moves up',
    class extends ReferenceStore {
      override async *entries() {
        for (let offset = 0; ; offset += 50) {
          const page = await this.run(() => this.rows().slice(offset, offset + 50))
          if (page.length === 0) return undefined
          for (const entry of page) yield this.summary(entry)
        }
      }
    },
    { 'entries/misses-none-while-others-go': /a session that stays is given/ },
  ),
  broken(
    'a client keeps what it has loaded',
    class extends ReferenceStore {
      readonly #cache = new Map<string, Session | null>()
      override async load(id: string) {
        const cached = this.#cache.get(id) ?? (await super.load(id))
        this.#cache.set(id, cached)
        return cached
      }
    },
    {
      'load/sees-other-clients': /./,
      'races/load-and-delete': /a delete is final/,
    },
  ),
  broken(
    'simultaneous calls get each other’s answers',
    class extends ReferenceStore {
      #last = ''
      override async load(id: string) {
        this.#last = id
        await Promise.resolve()
        return await super.load(this.#last)
      }
    },
    { 'races/every-caller-gets-its-own-result': /each load gives its own session/ },
  ),
  broken(
    'one bad call fails those beside it',
    class extends ReferenceStore {
      #batch: Promise<unknown>[] = []
      override async save(input: SessionInput) {
        const batch = this.#batch
        const own = super.save(input)
        batch.push(own)
        own.catch(() => {})
        await gap()
        this.#batch = []
        await Promise.all(batch)
        return await own
      }
    },
    { 'races/one-bad-operation-fails-alone': /./ },
  ),
  broken(
    'the store says it lacks what it has',
    class extends ReferenceStore {
      override readonly capabilities = Object.freeze({ ...new ReferenceStore(this.options).capabilities, touch: false })
    },
    { 'capabilities/without-touch': /touch, which the store says it lacks: it resolved/ },
  ),
  broken(
    'what the store lacks is another error',
    class extends ReferenceStore {
      override readonly capabilities = Object.freeze({ ...new ReferenceStore(this.options).capabilities, touch: false })
      override touch(): Promise<never> {
        return Promise.reject(new Error('not implemented'))
      }
    },
    { 'capabilities/without-touch': /expected SESS_UNSUPPORTED, got Error: not implemented/ },
  ),
  broken(
    'capabilities can be altered',
    class extends ReferenceStore {
      override readonly capabilities = { ...new ReferenceStore(this.options).capabilities }
    },
    { 'capabilities/are-frozen-booleans': /capabilities is frozen/ },
  ),
  broken(
    'every store has the same storage',
    ReferenceStore,
    { 'harness/opens-fresh-storage': /another store does not have the session/ },
    { open: (options) => new ReferenceStore(options, shared) },
  ),
  broken(
    'the peer has other storage',
    ReferenceStore,
    { 'harness/peer-has-the-same-storage': /a peer has the same sessions/ },
    { openPeer: (_, options) => new ReferenceStore(options) },
  ),
]
