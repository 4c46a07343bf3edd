import type { DeleteByIdentityOptions } from '../../../src/contract/method-options.ts'
import type { IdentityRef, SessionSummary } from '../../../src/contract/session.ts'
import { ReferenceStore, type Row } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

const page = 256

/** Many sessions of one person, and writers that come between. */
export const brokenCrowdRaces = [
  broken(
    'who stays is decided first, and whoever is there a moment later is ended',
    class extends ReferenceStore {
      override async deleteByIdentity(ref: IdentityRef, options: DeleteByIdentityOptions = {}) {
        if (options.keep === undefined) return await super.deleteByIdentity(ref, options)
        const rows = this.rowsOf(ref)
        const doomed = new Set(this.older(rows, options.keep, null).map(([key]) => key))
        const stays = new Set(rows.map(([key]) => key).filter((key) => !doomed.has(key)))
        await gap()
        return this.rowsOf(ref).filter(([key]) => !stays.has(key) && this.storage.sessions.delete(key)).length
      }
    },
    { 'people/keep-beside-a-sign-in': /who signed in last stays/ },
  ),
  broken(
    'keep and limit look at one page',
    class extends ReferenceStore {
      protected override older(rows: [string, Row][], keep: number, spared: string | null) {
        return super.older(rows.slice(0, page), keep, spared)
      }
      protected override limited(summaries: SessionSummary[], limit: number) {
        return super.limited(summaries, Math.min(limit, page))
      }
    },
    { 'people/keep-and-limit-over-pages': /limit 299 gives as many as there are/ },
  ),
  broken(
    'sessions that signed in at the same time are in no order',
    class extends ReferenceStore {
      protected override byAge(a: Row, b: Row) {
        return (b.authenticatedAt ?? 0) - (a.authenticatedAt ?? 0)
      }
    },
    { 'people/keep-breaks-ties-by-creation': /those stay that were created last/ },
  ),
  broken(
    'an update of all writes those that it found first',
    class extends ReferenceStore {
      #keys: Set<string> | null = null
      protected override leftToUpdate(ref: IdentityRef, done: ReadonlySet<string>) {
        const left = super.leftToUpdate(ref, done)
        this.#keys ??= new Set(left.map(([key]) => key))
        const again = left.filter(([key]) => this.#keys?.has(key))
        if (again.length === 0) this.#keys = null
        return again
      }
    },
    { 'people/updates-those-that-are-rotated-meanwhile': /every session has the new role/ },
  ),
  broken(
    'an update of all writes one page',
    class extends ReferenceStore {
      protected override leftToUpdate(ref: IdentityRef, done: ReadonlySet<string>) {
        return done.size >= page ? [] : super.leftToUpdate(ref, done)
      }
    },
    { 'people/updates-over-pages': /how many were written/ },
  ),
  broken(
    'an update of all ends with the first change that fails',
    class extends ReferenceStore {
      protected override stopsAtFailures() {
        return true
      }
    },
    { 'people/an-update-that-fails-fails-alone': /the others are written/ },
  ),
  broken(
    'deleteAll lists everybody, and ends those keys a moment later',
    class extends ReferenceStore {
      override deleteAll() {
        return this.run(async () => {
          const keys = this.rows().map(([key]) => key)
          await gap()
          return keys.filter((key) => this.storage.sessions.delete(key)).length
        })
      }
    },
    { 'delete-all/beside-rotations': /nobody escapes by a rotation/ },
  ),
]
