import { detached } from '../../../src/conformance/samples.ts'
import type { Capabilities } from '../../../src/contract/capabilities.ts'
import { SessionError } from '../../../src/contract/errors.ts'
import type { CreateOptions, TouchOptions } from '../../../src/contract/method-options.ts'
import type { IdentityRef, Session } from '../../../src/contract/session.ts'
import { type ReferenceOptions, ReferenceStore, type Row, type Storage } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

type Change = Parameters<ReferenceStore['update']>[1]

function instantsAsText(session: Session | null): Session | null {
  return session && ({ ...session, createdAt: session.createdAt.toISOString() } as unknown as Session)
}

/** What a single call of one client shows already. */
export const brokenSingleCalls = [
  broken(
    'a version is a number that each session counts by itself',
    class extends ReferenceStore {
      protected override write(id: string, row: Row) {
        return super.write(id, { ...row, version: String(Number(this.find(id)?.version ?? 0) + 1) })
      }
    },
    { 'save/differing-versions-differ': /two sessions have two versions/ },
  ),
  broken(
    'save resolves with what was there before',
    class extends ReferenceStore {
      protected override replace(id: string, row: Row) {
        const before = this.find(id)
        const after = super.replace(id, row)
        return before ? this.session(id, before) : after
      }
    },
    { 'save/versioned-writes': /save resolves with what is now stored/ },
  ),
  broken(
    'what a save by hand leaves out stays undefined',
    class extends ReferenceStore {
      protected override session(id: string, row: Row) {
        const session = super.session(id, row)
        return row.deadline === null ? ({ ...session, deadline: undefined } as unknown as Session) : session
      }
    },
    { 'save/by-hand-inserts': /has its default/ },
  ),
  broken(
    'create resolves with what it was given',
    class extends ReferenceStore {
      override async create(options: CreateOptions = {}) {
        const session = await super.create(options)
        return { ...session, expiresAt: new Date(session.expiresAt.getTime() + 1) }
      }
    },
    { 'create/resolves-with-what-is-stored': /load gives what create resolved with/ },
  ),
  broken(
    'create checks nothing but the ttl',
    class extends ReferenceStore {
      override create(options: CreateOptions = {}) {
        return super.create(options).catch((error: unknown) => {
          if (error instanceof TypeError && !('ttl' in options)) return super.create()
          throw error
        })
      }
    },
    { 'create/wrong-arguments-are-type-errors': /it resolved/ },
  ),
  broken(
    'simultaneous creates share a buffer',
    class extends ReferenceStore {
      #options: CreateOptions = {}
      override async create(options: CreateOptions = {}) {
        this.#options = options
        await Promise.resolve()
        return await super.create(this.#options)
      }
    },
    { 'create/sessions-are-apart': /the first has its own data/ },
  ),
  broken(
    'an identity without attributes has none',
    class extends ReferenceStore {
      protected override fields(row: Row) {
        const { identity, ...rest } = super.fields(row)
        if (!identity || Object.keys(identity.attributes ?? {}).length > 0) return { ...rest, identity }
        const { attributes: _, ...bare } = identity
        return { ...rest, identity: bare }
      }
    },
    {
      'create/identity-without-attributes': /attributes are \{\} when absent/,
      'save/identity-without-attributes': /attributes \{\} when absent/,
    },
  ),
  broken(
    'an unknown id is a new session',
    class extends ReferenceStore {
      override async load(id: string) {
        const session = await super.load(id)
        return session ?? (/^[\w-]{43}$/.test(id) ? await this.create() : null)
      }
    },
    { 'load/unknown-is-null': /an unknown id is null/ },
  ),
  broken(
    'instants come back as texts',
    class extends ReferenceStore {
      override load(id: string) {
        return super.load(id).then(instantsAsText)
      }
    },
    {
      'load/has-every-field': /instants are Date objects/,
      'save/by-hand-inserts': /load gives what save resolved with/,
    },
  ),
  broken(
    'delete works for the client that called it alone',
    class extends ReferenceStore {
      readonly #deleted = new Set<string>()
      override async delete(id: string) {
        const found = (await this.exists(id)) && !this.#deleted.has(id)
        this.#deleted.add(id)
        return found
      }
      protected override find(id: string) {
        const row = super.find(id)
        return this.#deleted?.has(id) ? undefined : row
      }
    },
    {
      'delete/removes-the-session': /a deleted session does not load elsewhere/,
      'load/sees-other-clients': /gone at once/,
    },
  ),
  broken(
    'delete takes all sessions of the person',
    class extends ReferenceStore {
      override async delete(id: string) {
        const identity = this.find(id)?.identity
        return identity ? (await this.deleteByIdentity(identity)) > 0 : await super.delete(id)
      }
    },
    { 'delete/leaves-others': /another session stays/ },
  ),
  broken(
    'a deleted session stays in the list of its person',
    class extends ReferenceStore {
      readonly #ghosts: [string, Row][] = []
      protected override remove(key: string | undefined) {
        const row = key === undefined ? undefined : this.storage.sessions.get(key)
        if (key !== undefined && row) this.#ghosts.push([key, row])
        return super.remove(key)
      }
      protected override rowsOf(ref: IdentityRef) {
        return [...super.rowsOf(ref), ...this.#ghosts]
      }
    },
    { 'delete/leaves-no-index': /a deleted session is not listed/ },
  ),
  broken(
    'a deleted id is refused for ever',
    class extends ReferenceStore {
      readonly #graves = new Set<string>()
      protected override remove(key: string | undefined) {
        if (key !== undefined) this.#graves.add(key)
        return super.remove(key)
      }
      protected override put(id: string, row: Row) {
        if (this.#graves.has(this.key(id))) throw new SessionError('SESS_GONE', 'the id has been deleted')
        return super.put(id, row)
      }
    },
    {
      'delete/frees-the-id': /the id has been deleted/,
      'ordering/delete-then-save-by-hand': /the id has been deleted/,
    },
  ),
  broken(
    'every id in order exists',
    class extends ReferenceStore {
      override exists(id: string) {
        return this.run(() => this.find(id) !== undefined || /^[\w-]{43}$/.test(id))
      }
    },
    { 'exists-count-clean/exists': /an unknown one does not/ },
  ),
  broken(
    'cleanExpired goes by the first expiry that a session had',
    class extends ReferenceStore {
      readonly #first = new Map<string, number>()
      protected override write(id: string, row: Row) {
        if (!this.#first.has(this.key(id))) this.#first.set(this.key(id), row.expiresAt)
        return super.write(id, row)
      }
      override cleanExpired() {
        return this.run(() => {
          const due = [...this.#first].filter(([, expiresAt]) => expiresAt <= this.now())
          return due.filter(([key]) => this.storage.sessions.delete(key)).length
        })
      }
    },
    { 'exists-count-clean/clean-spares-what-was-extended': /what was extended has not expired/ },
  ),
  broken(
    'cleanExpired drops every state',
    class extends ReferenceStore {
      override cleanExpired() {
        this.storage.states.clear()
        return super.cleanExpired()
      }
    },
    { 'exists-count-clean/clean-spares-live-states': /a live state is not cleaned/ },
  ),
  broken(
    'a save over an expired session keeps its createdAt',
    class extends ReferenceStore {
      protected override put(id: string, row: Row) {
        const createdAt = this.storage.sessions.get(this.key(id))?.createdAt ?? row.createdAt
        return super.put(id, { ...row, createdAt })
      }
    },
    { 'expiry/by-hand-save-replaces-an-expired-session': /nothing of the expired session is left/ },
  ),
  broken(
    'touch has a default of its own',
    class extends ReferenceStore {
      override touch(id: string, options: TouchOptions = {}) {
        return super.touch(id, { ttl: '20m', ...options })
      }
    },
    {
      'touch/default-is-its-own-idle-time': /touch without ttl gives the session's ttlMs/,
    },
  ),
  broken(
    'touch says that it moved the expiry, and does not',
    class extends ReferenceStore {
      protected override async extend(_: string, __: Row, expiresAt: number) {
        return new Date(expiresAt)
      }
    },
    {
      'touch/keeps-alive': /./,
      'touch/shows-in-lists': /sessions in the list: expected exactly one, got 0/,
      'touch/moves-expiry': /stores now \+ 90000 ms/,
    },
  ),
  broken(
    'touch writes the session as this client last loaded it',
    class extends ReferenceStore {
      readonly #loaded = new Map<string, Row>()
      override load(id: string) {
        const row = this.find(id)
        if (row) this.#loaded.set(id, row)
        return super.load(id)
      }
      protected override extend(id: string, row: Row, expiresAt: number) {
        return super.extend(id, this.#loaded.get(id) ?? row, expiresAt)
      }
    },
    { 'touch/keeps-what-others-wrote': /a touch rewrites no data/ },
  ),
  broken(
    'update takes what the change returns, and nothing else',
    class extends ReferenceStore {
      override update(id: string, change: Change) {
        return super.update(id, async (session) => (await change(detached(session))) ?? session)
      }
    },
    { 'update/in-place': /update resolves with what is stored/, 'update/async-change': /an async change is awaited/ },
  ),
  broken(
    'update ignores what the change returns',
    class extends ReferenceStore {
      override update(id: string, change: Change) {
        return super.update(id, async (session) => {
          await change(session)
          return undefined
        })
      }
    },
    {
      'update/returns-another': /what the change returns is stored/,
      'update/wrong-change-is-a-type-error': /a change that gives no session: it resolved/,
    },
  ),
  broken(
    'update ignores a change of expiresAt',
    class extends ReferenceStore {
      protected override swap(id: string, before: Row, row: Row) {
        return super.swap(id, before, { ...row, expiresAt: before.expiresAt })
      }
    },
    { 'update/moves-expiry': /update resolves with the new expiresAt/ },
  ),
  broken(
    'two first saves at once are a duplicate key',
    class extends ReferenceStore {
      protected override async put(id: string, row: Row) {
        const isNew = !this.find(id)
        await gap()
        if (isNew && this.find(id)) throw new Error('duplicate key')
        return await super.put(id, row)
      }
    },
    { 'races/first-saves': /a first save: it must resolve, got Error: duplicate key/ },
  ),
  broken(
    'ping asks for what is not there',
    class extends ReferenceStore {
      override ping(): Promise<void> {
        return Promise.reject(new Error('no such table'))
      }
    },
    { 'lifecycle/ping': /no such table/ },
  ),
  ...(
    ['create', 'update', 'rotate', 'count', 'cleanExpired', 'identityIndex', 'handles', 'states', 'scan'] as const
  ).map((name) =>
    broken(
      `the store says it lacks ${name}, and has it`,
      class extends ReferenceStore {
        override readonly capabilities: Capabilities
        constructor(options: ReferenceOptions, storage?: Storage) {
          super(options, storage)
          this.capabilities = Object.freeze({ ...new ReferenceStore(options).capabilities, [name]: false })
        }
      },
      { [`capabilities/without-${name}`]: /which the store says it lacks: it resolved/ },
    ),
  ),
]
