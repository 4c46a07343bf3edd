import type { Identity, IdentityRef, SessionInput, SessionSummary } from '../../../src/contract/session.ts'
import { ReferenceStore, type Row, type Storage } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

/** Lists the keys in an index that is kept beside the sessions. */
class IndexedStore extends ReferenceStore {
  static readonly #indexes = new WeakMap<Storage, Map<string, readonly string[]>>()

  protected get index(): Map<string, readonly string[]> {
    const index = IndexedStore.#indexes.get(this.storage) ?? new Map<string, readonly string[]>()
    IndexedStore.#indexes.set(this.storage, index)
    return index
  }

  protected name({ providerId, externalId }: IdentityRef): string {
    return JSON.stringify([providerId, externalId])
  }

  protected override rowsOf(ref: IdentityRef): [string, Row][] {
    super.rowsOf(ref)
    const keys = new Set(this.index.get(this.name(ref)))
    return this.rows().filter(([key]) => keys.has(key))
  }
}

function withId(summary: SessionSummary, id: string): SessionSummary {
  return { ...summary, id } as SessionSummary
}

/** The index by identity, and handles. */
export const brokenPeople = [
  broken(
    'the index is read, altered and written back',
    class extends IndexedStore {
      override async save(input: Parameters<ReferenceStore['save']>[0]) {
        const saved = await super.save(input)
        if (saved.identity) {
          const keys = this.index.get(this.name(saved.identity)) ?? []
          await gap()
          this.index.set(this.name(saved.identity), [...keys, this.key(saved.id)])
        }
        return saved
      }
    },
    {
      'index-races/saves-and-deletes': /those that live, and no others/,
      'index-races/moves-between-people': /the person that it has/,
      'index-races/two-sign-outs': /each session is counted once/,
      'index-races/many-first-saves': /the index loses no session/,
      'identity-index/many-sessions': /all are listed/,
    },
  ),
  broken(
    'the index does not follow a change of identity',
    class extends IndexedStore {
      protected override write(id: string, row: Row) {
        if (row.identity && !this.find(id)) {
          const name = this.name(row.identity)
          this.index.set(name, [...(this.index.get(name) ?? []), this.key(id)])
        }
        return super.write(id, row)
      }
    },
    {
      'identity-index/follows-a-versioned-save': /the index follows/,
      'identity-index/follows-a-save-by-hand': /the index follows/,
      'identity-index/follows-an-update': /the index follows/,
    },
  ),
  broken(
    'a person is found by both ids written together',
    class extends ReferenceStore {
      protected override rowsOf({ providerId, externalId }: IdentityRef) {
        const name = (ref: IdentityRef | null) => `${ref?.providerId}:${ref?.externalId}`
        return this.rows().filter(([, { identity }]) => name(identity) === name({ providerId, externalId }))
      }
    },
    {
      'identity-index/wrong-arguments-are-type-errors': /what is no identity: it resolved/,
      'identity-index/tells-people-apart': /expected exactly one/,
    },
  ),
  broken(
    'a person is found whatever the case and trailing spaces',
    class extends ReferenceStore {
      protected override rowsOf(ref: IdentityRef) {
        const name = (of: IdentityRef | null) =>
          JSON.stringify([of?.providerId, of?.externalId.trimEnd()]).toLowerCase()
        return this.rows().filter(([, { identity }]) => name(identity) === name(ref))
      }
    },
    { 'identity-index/tells-people-apart': /expected exactly one/ },
  ),
  broken(
    'deleteByIdentity ignores except',
    class extends ReferenceStore {
      override deleteByIdentity(ref: IdentityRef) {
        return super.deleteByIdentity(ref)
      }
    },
    {
      'identity-index/delete-spares-except': /the excepted one is not counted/,
      'properties/histories-agree-with-a-model': /deleteByIdentity agrees with the model/,
    },
  ),
  broken(
    'an except of another person spares everybody',
    class extends ReferenceStore {
      override async deleteByIdentity(ref: IdentityRef, options: { except?: string } = {}) {
        const except = options.except === undefined ? undefined : await this.load(options.except)
        const isTheirs = except === undefined || except?.identity?.externalId === ref.externalId
        return isTheirs ? await super.deleteByIdentity(ref, options) : 0
      }
    },
    { 'identity-index/except-that-is-not-theirs-spares-nothing': /spares none/ },
  ),
  broken(
    'deleteByIdentity lists first, and deletes what it listed a moment later',
    class extends ReferenceStore {
      override deleteByIdentity(ref: IdentityRef) {
        return this.run(async () => {
          const listed = this.rowsOf(ref)
          await gap()
          return listed.filter(([key]) => this.storage.sessions.delete(key)).length
        })
      }
    },
    { 'index-races/sign-out-and-rotate': /under its old or its new id|does not escape/ },
  ),
  broken(
    'a list is in no order',
    class extends ReferenceStore {
      override async listByIdentity(ref: IdentityRef) {
        return (await super.listByIdentity(ref)).reverse()
      }
    },
    { 'identity-index/lists-oldest-first': /sorted by createdAt/ },
  ),
  broken(
    'a summary carries the id',
    class extends ReferenceStore {
      protected override key(id: string) {
        return id
      }
      protected override summary(entry: [string, Row]) {
        return withId(super.summary(entry), entry[0])
      }
    },
    { 'identity-index/tells-no-id': /a summary has no id/, 'entries/gives-every-live-session': /without its id/ },
  ),
  broken(
    'the handle is the id',
    class extends ReferenceStore {
      protected override key(id: string) {
        return id
      }
      protected override handle(key: string) {
        return key
      }
    },
    {
      'handles/is-no-id': /a handle is not the id/,
      'handles/id-is-no-handle': /an id is no handle/,
      'identity-index/tells-no-id': /no field of a summary carries the id/,
    },
  ),
  broken(
    'the handle is the stored key, and the key is taken for an id',
    class extends ReferenceStore {
      protected override handle(key: string) {
        return key
      }
      protected override find(id: string) {
        const row = this.storage.sessions.get(id)
        return this.isLive(row) ? row : super.find(id)
      }
    },
    {
      'handles/is-no-id': /load does not accept a handle/,
      'hostile-ids/stored-hash-is-no-id': /load does not accept the hash/,
      'at-rest/no-hash-at-rest-opens-a-session': /what is stored is accepted as an id/,
    },
  ),
  broken(
    'a handle changes with every write',
    class extends ReferenceStore {
      protected override handle(key: string) {
        return super.handle(String(this.storage.sessions.get(key)?.version))
      }
    },
    { 'handles/outlives-writes': /no write of the session changes its handle/ },
  ),
  broken(
    'an anonymous session keeps the list of its former person',
    class extends ReferenceStore {
      protected override replace(id: string, row: Row) {
        return super.replace(id, { ...row, identity: row.identity ?? (this.find(id)?.identity as Identity | null) })
      }
    },
    { 'identity-index/follows-a-versioned-save': /the index follows: the second person/ },
  ),
  broken(
    'a list holds everybody of the provider',
    class extends ReferenceStore {
      protected override rowsOf(ref: IdentityRef) {
        super.rowsOf(ref)
        return this.rows().filter(([, { identity }]) => identity?.providerId === ref.providerId)
      }
    },
    {
      'identity-index/lists-one-person': /a summary is the session without its id/,
      'identity-index/except-that-is-not-theirs-spares-nothing': /./,
    },
  ),
  broken(
    'a list shows a session as it was first saved',
    class extends ReferenceStore {
      readonly #first = new Map<string, Row>()
      protected override write(id: string, row: Row) {
        if (!this.#first.has(this.key(id))) this.#first.set(this.key(id), row)
        return super.write(id, row)
      }
      protected override summary([key, row]: [string, Row]) {
        return super.summary([key, this.#first.get(key) ?? row])
      }
    },
    {
      'identity-index/shows-what-is-stored-now': /a list shows what is stored now/,
      'touch/shows-in-lists': /the list shows the new expiry/,
    },
  ),
  broken(
    'a person who was signed out everywhere stays out',
    class extends ReferenceStore {
      readonly #out = new Set<string>()
      override deleteByIdentity(ref: IdentityRef, options: { except?: string } = {}) {
        this.#out.add(`${ref?.externalId}`)
        return super.deleteByIdentity(ref, options)
      }
      override async save(input: SessionInput) {
        const saved = await super.save(input)
        if (this.#out.has(`${saved.identity?.externalId}`)) await this.delete(saved.id)
        return saved
      }
    },
    { 'identity-index/new-sessions-after-delete': /a later session lives/ },
  ),
  broken(
    'deleteByIdentity counts before it waits, and deletes what it finds afterwards',
    class extends ReferenceStore {
      override async deleteByIdentity(ref: IdentityRef, options: { except?: string } = {}) {
        const count = (await this.listByIdentity(ref)).length
        await gap()
        await super.deleteByIdentity(ref, options)
        return count
      }
    },
    {
      'index-races/sign-out-and-sign-in': /signing out counts what it ended/,
      'index-races/two-sign-outs': /counted once/,
    },
  ),
  broken(
    'deleteByHandle says that it deleted, and does not',
    class extends ReferenceStore {
      override deleteByHandle(handle: string) {
        return this.run(() => this.rows().some(([key]) => this.handle(key) === handle))
      }
    },
    { 'handles/deletes-the-session': /the session is gone/, 'handles/is-no-id-with-plain-ids': /the session is gone/ },
  ),
  broken(
    'the handle is that of the person',
    class extends ReferenceStore {
      protected override handle(key: string) {
        return super.handle(`${this.storage.sessions.get(key)?.identity?.externalId}`)
      }
    },
    { 'handles/differ': /two sessions have two handles/ },
  ),
  broken(
    'a handle that names nothing is an error',
    class extends ReferenceStore {
      override async deleteByHandle(handle: string) {
        if (await super.deleteByHandle(handle)) return true
        throw new Error('no such handle')
      }
    },
    { 'handles/unknown-is-false': /no such handle/ },
  ),
  broken(
    'entries have handles of their own',
    class extends ReferenceStore {
      override async *entries() {
        for await (const entry of super.entries()) yield { ...entry, handle: `entry:${entry.handle}` }
        return undefined
      }
    },
    { 'handles/entries-have-the-same': /a session has one handle/ },
  ),
]
