import type {
  DeleteByHandleOptions,
  DeleteByIdentityOptions,
  SummaryChange,
} from '../../../src/contract/method-options.ts'
import type { IdentityRef, SessionSummary } from '../../../src/contract/session.ts'
import { ReferenceStore, type Row } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

export const brokenCrowds = [
  broken(
    'a list has no limit',
    class extends ReferenceStore {
      protected override limited(summaries: SessionSummary[], _: number) {
        return summaries
      }
    },
    { 'people/a-list-has-a-limit': /a list is no longer than its limit/ },
  ),
  broken(
    'the oldest are kept',
    class extends ReferenceStore {
      protected override byAge(a: Row, b: Row) {
        return super.byAge(b, a)
      }
    },
    { 'people/keeps-the-newest': /those stay who signed in last/ },
  ),
  broken(
    'the excepted session is one more',
    class extends ReferenceStore {
      protected override older(rows: [string, Row][], keep: number, spared: string | null) {
        return super.older(
          rows.filter(([key]) => key !== spared),
          keep,
          null,
        )
      }
    },
    { 'people/keeps-the-excepted-one': /two are ended/ },
  ),
  broken(
    'the sessions to end are looked for, and then ended by their keys',
    class extends ReferenceStore {
      override async deleteByIdentity(ref: IdentityRef, { keep = 0, ...options }: DeleteByIdentityOptions = {}) {
        if (keep === 0) return await super.deleteByIdentity(ref, { ...options, keep })
        const doomed = this.older(this.rowsOf(ref), keep, null)
        await gap()
        return doomed.filter(([key]) => this.storage.sessions.delete(key)).length
      }
    },
    { 'people/keep-is-complete-beside-rotations': /the two newest stay/ },
  ),
  broken(
    'an update of all forgets the last',
    class extends ReferenceStore {
      protected override leftToUpdate(ref: IdentityRef, written: ReadonlySet<string>) {
        const left = super.leftToUpdate(ref, written)
        return left.length > 1 ? left : []
      }
    },
    {
      'people/updates-all': /it resolves with how many were written/,
      'people/an-update-that-throws-rejects': /a change that throws: it resolved/,
    },
  ),
  broken(
    'an update of all shows ids',
    class extends ReferenceStore {
      override updateByIdentity(ref: IdentityRef, change: SummaryChange) {
        return super.updateByIdentity(ref, (summary) => change({ ...summary, id: 'x' } as SessionSummary))
      }
    },
    { 'people/updates-all': /a summary has no id/ },
  ),
  broken(
    'a handle is enough, whoever asks',
    class extends ReferenceStore {
      override deleteByHandle(handle: string, _: DeleteByHandleOptions = {}) {
        return super.deleteByHandle(handle)
      }
    },
    { 'people/a-handle-of-that-person': /it is not his/ },
  ),
  broken(
    'expired sessions take the places of those that are kept',
    class extends ReferenceStore {
      protected override rowsOf(ref: IdentityRef) {
        return [...this.storage.sessions].filter(([, { identity }]) => identity?.externalId === ref.externalId)
      }
    },
    { 'people/expired-ones-are-not-kept': /one is left/ },
  ),
  broken(
    'deleteAll ends who is signed in',
    class extends ReferenceStore {
      override deleteAll() {
        return this.run(() => {
          const doomed = this.rows().filter(([, { identity }]) => identity !== null)
          for (const [key] of doomed) this.storage.sessions.delete(key)
          return doomed.length
        })
      }
    },
    {
      'delete-all/ends-everybody': /it resolves with how many live ones ended/,
      'delete-all/unreadable-ones-too': /./,
    },
    {
      damage(store, id) {
        store.damage(id)
        const [key, row] = [...store.storage.sessions].find(([, { data }]) => 'damaged' in data) ?? []
        if (key !== undefined && row !== undefined) store.storage.sessions.set(key, { ...row, identity: null })
      },
    },
  ),
  broken(
    'plain and hashed ids are looked for side by side',
    class extends ReferenceStore {
      protected override checkIds() {}
    },
    { 'ids-apart/plain-and-hashed-do-not-mix': /plain ids on hashed ones: it resolved/ },
  ),
]
