import { SessionError } from '../../../src/contract/errors.ts'
import type { CreateOptions, Duration } from '../../../src/contract/method-options.ts'
import type { Session, SessionInput } from '../../../src/contract/session.ts'
import { ReferenceStore, type Row } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

const text = (value: unknown) => JSON.stringify(value)

export const brokenSaves = [
  broken(
    'a save resurrects what was deleted',
    class extends ReferenceStore {
      protected override replace(id: string, row: Row) {
        return this.put(id, row)
      }
    },
    {
      'ordering/delete-then-versioned-save': /take effect in order/,
      'save/versioned-after-delete-is-gone': /a save after delete: it resolved/,
      'save/versioned-after-peer-delete-is-gone': /by another client: it resolved/,
      'save/versioned-after-rotate-is-gone': /under the old id after a rotation: it resolved/,
      'races/save-and-delete': /a delete is final/,
      'index-races/sign-out-and-save': /signing out everywhere is final/,
    },
  ),
  broken(
    'a save looks whether the session exists, and then upserts',
    class extends ReferenceStore {
      protected override async replace(id: string, row: Row) {
        if (!this.find(id)) throw new SessionError('SESS_GONE', 'the session is gone')
        await gap()
        return this.put(id, row)
      }
    },
    { 'races/save-and-delete': /a delete is final/, 'races/rotate-and-save': /no save revives the old id/ },
  ),
  broken(
    'a save of what is gone resolves, and does nothing',
    class extends ReferenceStore {
      protected override replace(id: string, row: Row, isMoved: boolean) {
        return this.find(id) ? super.replace(id, row, isMoved) : this.session(id, row)
      }
    },
    {
      'save/versioned-after-delete-is-gone': /a save after delete: it resolved/,
      'save/versioned-and-never-stored-is-gone': /never stored: it resolved/,
      'errors/carry-code-and-retryable': /what is gone: it resolved/,
      'properties/histories-agree-with-a-model': /SESS_GONE[\s\S]*seed \d+, path/,
    },
  ),
  broken(
    'a save of an expired session revives it',
    class extends ReferenceStore {
      protected override replace(id: string, row: Row) {
        return this.storage.sessions.has(this.key(id)) ? this.put(id, row) : super.replace(id, row)
      }
    },
    {
      'save/versioned-after-expiry-is-gone': /a save of an expired session: it resolved/,
      'expiry/on-save-versioned': /at expiresAt the session is absent/,
    },
  ),
  broken(
    'a save keeps the version',
    class extends ReferenceStore {
      protected override replace(id: string, row: Row) {
        return super.replace(id, { ...row, version: this.find(id)?.version ?? row.version })
      }
    },
    { 'save/version-changes': /each write of data has a version of its own/ },
  ),
  broken(
    'a save takes createdAt and deadline from its caller',
    class extends ReferenceStore {
      protected override replace(id: string, row: Row) {
        if (!this.find(id)) throw new SessionError('SESS_GONE', 'the session is gone')
        return this.put(id, { ...row, expiresAt: this.clamp(row.expiresAt, row.deadline) })
      }
    },
    { 'save/versioned-keeps-created-at-and-deadline': /createdAt and deadline stay/ },
  ),
  broken(
    'no save respects the deadline',
    class extends ReferenceStore {
      protected override clamp(expiresAt: number) {
        return expiresAt
      }
    },
    {
      'save/expiry-is-clamped-to-the-deadline': /clamped to its deadline/,
      'create/deadline-clamps-expiry': /create clamps expiresAt/,
      'touch/stops-at-the-deadline': /touch is clamped to the deadline/,
      'expiry/deadline-ends-a-touched-session': /no touch moves expiresAt past the deadline/,
      'update/keeps-id-created-at-and-deadline': /clamp expiresAt/,
    },
  ),
  broken(
    'saving an expired session leaves the stored one alive',
    class extends ReferenceStore {
      protected override put(id: string, row: Row) {
        return this.isLive(row) ? super.put(id, row) : this.session(id, row)
      }
    },
    {
      'save/by-hand-with-passed-expiry-deletes': /whose expiresAt has passed deletes it/,
      'save/versioned-with-passed-expiry-deletes': /whose expiresAt has passed deletes it/,
    },
  ),
  broken(
    'a passed expiresAt hides that the session is gone',
    class extends ReferenceStore {
      protected override replace(id: string, row: Row) {
        return this.isLive(row) ? super.replace(id, row) : this.put(id, row)
      }
    },
    { 'save/versioned-with-passed-expiry-of-nothing-is-gone': /where nothing is live: it resolved/ },
  ),
  broken(
    'a save with a stale version is a conflict',
    class extends ReferenceStore {
      override save(input: SessionInput) {
        const stored = this.storage.sessions.get(this.key(input.id))
        if (!input.version || !stored || stored.version === input.version) return super.save(input)
        return Promise.reject(new SessionError('SESS_CONFLICT', 'another writer came first'))
      }
    },
    { 'save/last-write-wins': /another writer came first/ },
  ),
  broken(
    'a save by hand merges',
    class extends ReferenceStore {
      protected override put(id: string, row: Row) {
        return super.put(id, { ...row, data: { ...this.find(id)?.data, ...row.data } })
      }
    },
    { 'save/by-hand-replaces': /replaces what is there/ },
  ),
  broken(
    'a save that changes nothing looks like a missing session',
    class extends ReferenceStore {
      protected override replace(id: string, row: Row) {
        if (text(this.find(id)?.data) !== text(row.data)) return super.replace(id, row)
        throw new SessionError('SESS_GONE', 'no row was changed')
      }
    },
    { 'save/unchanged-content-is-written': /no row was changed/ },
  ),
  broken(
    'a save takes its input a moment later',
    class extends ReferenceStore {
      override async save(input: SessionInput) {
        await gap()
        return await super.save(input)
      }
    },
    {
      'ordering/load-then-save': /a load issued after it does/,
      'ordering/many-saves': /the load sees the last save/,
      'save/input-is-taken-at-the-call': /takes its input at the call/,
      'ordering/save-then-load': /a load issued after a save sees it/,
      'ordering/save-then-delete': /a delete issued after a save finds it/,
      'properties/unawaited-calls-take-effect-in-order': /takes effect in its turn/,
      'lifecycle/close-waits-for-writes': /close waits for what is under way/,
    },
  ),
  broken(
    'create overwrites the session that has its id',
    class extends ReferenceStore {
      protected override insert(row: Row): Session {
        return this.write(this.newId(), row)
      }
    },
    {
      'races/create-and-create': /one of the two gets the id/,
      'create/collision-is-retried': /after a collision another id is drawn/,
      'create/lasting-collision-is-an-error': /an id that stays taken: it resolved/,
      'races/create-and-create-on-one-id': /one of two creates gets the id/,
      'rotate/collision-is-retried': /never takes the id of another session/,
    },
  ),
  broken(
    'create looks whether the id is free, and then writes',
    class extends ReferenceStore {
      protected override async insert(row: Row) {
        const id = this.newId()
        if (this.find(id)) throw new SessionError('SESS_COLLISION', 'taken')
        await gap()
        return this.write(id, row)
      }
    },
    { 'races/create-and-create-on-one-id': /one of two creates gets the id/ },
  ),
  broken(
    'an id begins with the time',
    class extends ReferenceStore {
      protected override newId() {
        const id = Buffer.from(super.newId(), 'base64url')
        id.writeUIntBE(this.now(), 0, 6)
        return id.toString('base64url')
      }
    },
    { 'create/id-has-256-random-bits': /all 256 bits of an id are random/ },
  ),
  broken(
    'an id is a UUID',
    class extends ReferenceStore {
      protected override newId() {
        return crypto.randomUUID()
      }
    },
    {
      'states/is-made-by-the-store': /43 characters/,
      'create/id-has-256-random-bits': /43 characters/,
      'create/defaults': /43 characters/,
    },
  ),
  broken(
    'any ttl that parseInt can read is taken',
    class extends ReferenceStore {
      protected override ttlMs(ttl: Duration | undefined) {
        return typeof ttl === 'string' && /^\d/.test(ttl) ? Math.max(1, Number.parseInt(ttl, 10)) : super.ttlMs(ttl)
      }
    },
    {
      'create/bad-ttl-is-a-type-error': /ttl "5": it resolved/,
      'create/ttl-as-milliseconds-or-duration': /ttl 90s is 90000 ms/,
      'touch/bad-ttl-is-a-type-error': /ttl "5": it resolved/,
      'states/wrong-arguments-are-type-errors': /a ttl that is no duration: it resolved/,
    },
  ),
  broken(
    'create ignores the ttl of the store',
    class extends ReferenceStore {
      override create(options: CreateOptions = {}) {
        return super.create({ ttl: '24h', ...options })
      }
    },
    { 'create/store-ttl-is-the-default': /store's ttl option is the default/ },
  ),
]
