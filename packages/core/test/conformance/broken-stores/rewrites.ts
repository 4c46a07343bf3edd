import { SessionError } from '../../../src/contract/errors.ts'
import type { Session } from '../../../src/contract/session.ts'
import { ReferenceStore, type Row } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

type Change = Parameters<ReferenceStore['update']>[1]

/** Rotation and update. */
export const brokenRewrites = [
  broken(
    'rotate keeps the old id alive',
    class extends ReferenceStore {
      protected override async move(_: string, row: Row) {
        return this.insert(row)
      }
    },
    {
      'rotate/old-id-is-dead': /the old id does not load/,
      'rotate/counts-once': /a rotation adds no session/,
      'rotate/index-follows': /sessions after a rotation/,
      'ordering/rotate-then-old-id': /after a rotation the old id finds nothing/,
    },
  ),
  broken(
    'rotate drops the data',
    class extends ReferenceStore {
      protected override move(id: string, row: Row) {
        return super.move(id, { ...row, data: {} })
      }
    },
    {
      'hostile-ids/plain-ids-keep-every-promise': /the new id has the session/,
      'rotate/keeps-the-session': /keeps all but the id/,
      'rotate/can-be-saved-and-rotated-again': /a second rotation keeps all but the id/,
    },
  ),
  broken(
    'rotate drops the deadline and gives new time',
    class extends ReferenceStore {
      protected override move(id: string, row: Row) {
        return super.move(id, { ...row, deadline: null, expiresAt: this.now() + 86_400_000 })
      }
    },
    { 'rotate/keeps-the-session': /keeps all but the id/, 'rotate/keeps-its-expiry': /a rotation keeps expiresAt/ },
  ),
  broken(
    'rotate gives a new version',
    class extends ReferenceStore {
      protected override move(id: string, row: Row) {
        return super.move(id, { ...row, version: this.newVersion() })
      }
    },
    { 'rotate/keeps-the-session': /keeps all but the id/ },
  ),
  broken(
    'rotate reads, inserts and deletes in three steps',
    class extends ReferenceStore {
      protected override async move(id: string, row: Row) {
        const session = this.insert(row)
        await gap()
        this.storage.sessions.delete(this.key(id))
        return session
      }
    },
    {
      'races/rotate-and-rotate': /one of two rotations wins/,
      'races/rotate-and-delete': /either the rotation or the delete finds the session/,
      'races/rotate-and-save': /a save that resolved is carried over/,
      'races/rotate-and-touch': /a touch that resolved is carried over/,
      'races/rotate-and-update': /an update that resolved is carried over/,
    },
  ),
  broken(
    'a handle outlives a rotation',
    class extends ReferenceStore {
      protected override handle(key: string) {
        return super.handle(String(this.storage.sessions.get(key)?.createdAt))
      }
    },
    { 'rotate/index-follows': /a rotation changes the handle/ },
  ),
  broken(
    'update writes over what came between',
    class extends ReferenceStore {
      protected override swap(id: string, _: Row, row: Row) {
        return this.find(id) ? this.write(id, row) : null
      }
    },
    {
      'update/sees-a-write-between': /no write between read and write is lost/,
      'update/touch-between-is-kept': /a touch between read and write is kept/,
      'races/update-and-update': /no update is lost/,
      'races/update-and-save': /does not undo a save/,
      'index-races/sign-in-while-a-change-runs': /and loses nothing/,
    },
  ),
  broken(
    'update brings back what was deleted meanwhile',
    class extends ReferenceStore {
      protected override swap(id: string, _: Row, row: Row) {
        return this.write(id, row)
      }
    },
    {
      'update/expiry-between-is-final': /when the session expired meanwhile/,
      'index-races/sign-out-and-update': /signing out everywhere is final/,
      'update/delete-between-is-final': /update is null when the session went away/,
      'update/rotation-between-is-final': /update is null when the session was rotated away/,
      'races/update-and-delete': /a delete is final/,
      'index-races/sign-out-while-a-change-runs': /update is null when the session went away/,
    },
  ),
  broken(
    'update compares versions alone, and takes back what a touch gave',
    class extends ReferenceStore {
      protected override swap(id: string, before: Row, row: Row) {
        const current = this.find(id)
        return current?.version === before.version ? this.write(id, row) : super.swap(id, before, row)
      }
    },
    {
      'update/touch-between-is-kept': /a touch between read and write is kept/,
      'races/touch-and-update': /does not take back the time/,
    },
  ),
  broken(
    'update gives up at the first conflict',
    class extends ReferenceStore {
      protected override swap(id: string, before: Row, row: Row) {
        const written = super.swap(id, before, row)
        if (written === 'conflict') throw new SessionError('SESS_CONFLICT', 'another writer came between')
        return written
      }
    },
    { 'update/sees-a-write-between': /another writer came between/ },
  ),
  broken(
    'update tries without an end',
    class extends ReferenceStore {
      override async update(id: string, change: Change): Promise<Session | null> {
        for (;;) {
          try {
            return await super.update(id, change)
          } catch (error) {
            if ((error as { code?: unknown }).code !== 'SESS_CONFLICT') throw error
          }
        }
      }
    },
    { 'update/endless-conflict-ends': /bounded|SESS_CONFLICT/ },
  ),
  broken(
    'update locks the session while the change runs',
    class extends ReferenceStore {
      #turn: Promise<unknown> = Promise.resolve()
      #locked<T>(action: () => Promise<T>): Promise<T> {
        const turn = this.#turn.then(action, action)
        this.#turn = turn.catch(() => {})
        return turn
      }
      override update(id: string, change: Change) {
        return this.#locked(() => super.update(id, change))
      }
      override save(input: Parameters<ReferenceStore['save']>[0]) {
        return this.#locked(() => super.save(input))
      }
    },
    {
      'update/nested-calls-do-not-deadlock': /did not settle within 300 ms/,
      'update/nested-update-does-not-deadlock': /did not settle within 300 ms/,
    },
    { limitMs: 300 },
  ),
  broken(
    'update waits before it reads, and so loses its turn',
    class extends ReferenceStore {
      override async update(id: string, change: Change) {
        await gap()
        return await super.update(id, change)
      }
    },
    {
      'ordering/updates-take-their-turn': /./,
      'ordering/save-after-update': /the update comes first/,
      'properties/unawaited-calls-take-effect-in-order': /takes effect in its turn/,
    },
  ),
  broken(
    'update swallows an error of the change',
    class extends ReferenceStore {
      override update(id: string, change: Change) {
        return super.update(id, async (session) => {
          try {
            return await change(session)
          } catch {
            return session
          }
        })
      }
    },
    { 'update/change-that-throws-writes-nothing': /the change's own error comes through/ },
  ),
  broken(
    'update calls the change with nothing where there is no session',
    class extends ReferenceStore {
      override update(id: string, change: Change) {
        return super.update(id, change).then((updated) => {
          if (!updated) void change({ id, data: {} } as Session)
          return updated
        })
      }
    },
    { 'update/nothing-is-null': /the change is not called where there is no session/ },
  ),
]
