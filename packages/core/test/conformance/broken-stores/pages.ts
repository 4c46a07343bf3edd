import type { IdentityRef } from '../../../src/contract/session.ts'
import { ReferenceStore, type Row } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

const pageSize = 128

/** What shows with certain numbers of sessions alone, and with records that cannot be read. */
export const brokenPages = [
  broken(
    'entries asks for one more to see whether there is another page, and drops it',
    class extends ReferenceStore {
      protected override rows() {
        const rows = super.rows()
        return rows.length % pageSize === 1 && rows.length > 1 ? rows.slice(0, -1) : rows
      }
    },
    {
      'pages/of-entries': /of 129 sessions entries gives each once/,
      'pages/of-a-list': /the list gives each once/,
      'pages/of-a-sign-out': /of 257 sessions all but one end/,
    },
  ),
  broken(
    'a list gives the session at the end of a page twice',
    class extends ReferenceStore {
      override async listByIdentity(ref: IdentityRef) {
        const list = await super.listByIdentity(ref)
        const again = list[pageSize - 1]
        return list.length > pageSize && again ? [...list, again] : list
      }
    },
    { 'pages/of-a-list': /of 129 sessions the list gives each once/ },
  ),
  broken(
    'cleanExpired takes a full step for the last one',
    class extends ReferenceStore {
      override cleanExpired() {
        return this.run(() => {
          const expired = [...this.storage.sessions].filter(([, row]) => !this.isLive(row))
          const removed = expired.length > 256 ? expired.slice(0, 256) : expired
          for (const [key] of removed) this.storage.sessions.delete(key)
          return removed.length
        })
      }
    },
    { 'pages/of-a-clean-up': /of 257 expired sessions each is removed and counted once/ },
  ),
  broken(
    'entries goes on from the last session of a page, and ends where that is gone',
    class extends ReferenceStore {
      override async *entries() {
        let last: string | undefined
        for (;;) {
          const rows = await this.run(() => this.rows())
          const begin = last === undefined ? 0 : rows.findIndex(([key]) => key === last) + 1
          const page = last !== undefined && begin === 0 ? [] : rows.slice(begin, begin + pageSize)
          for (const summary of this.summaries(page)) yield summary
          if (page.length < pageSize) return undefined
          last = page.at(-1)?.[0]
        }
      }
    },
    { 'pages/go-on-from-one-that-went': /though the one before it is deleted/ },
  ),
  broken(
    'a damaged session reads as not found',
    class extends ReferenceStore {
      override async load(id: string) {
        return await super.load(id).catch((error: { code?: unknown }) => {
          if (error.code === 'SESS_CORRUPT') return null
          throw error
        })
      }
    },
    {
      'unreadable/is-corrupt-to-those-who-read-it': /load of what is damaged: it resolved/,
      'unreadable/can-be-ended': /it is damaged/,
      'unreadable/spoils-nothing-beside-it': /each load has its own answer/,
    },
  ),
  broken(
    'a damaged state can be asked for again and again',
    class extends ReferenceStore {
      protected override take(key: string, userAgent: string | undefined) {
        const row = this.storage.states.get(key)
        try {
          return super.take(key, userAgent)
        } catch (error) {
          if (row) this.storage.states.set(key, row)
          throw error
        }
      }
    },
    { 'unreadable/state-is-corrupt-and-burnt': /what is stored is no state/ },
  ),
  broken(
    'exists reads the session',
    class extends ReferenceStore {
      override async exists(id: string) {
        return (await this.load(id)) !== null
      }
    },
    {
      'unreadable/is-corrupt-to-those-who-read-it': /what is stored is no session/,
      'unreadable/exists-and-expires': /what is stored is no session/,
    },
  ),
  broken(
    'delete reads the session first',
    class extends ReferenceStore {
      override async delete(id: string) {
        await this.load(id)
        return await super.delete(id)
      }
    },
    { 'unreadable/can-be-ended': /what is stored is no session/ },
  ),
  broken(
    'one damaged session spoils every list',
    class extends ReferenceStore {
      protected override summaries(rows: readonly [string, Row][]) {
        return rows.map((each) => this.summary(each))
      }
    },
    { 'unreadable/spoils-no-list': /what is stored is no session/ },
  ),
  broken(
    'signing out everywhere ends what can be listed',
    class extends ReferenceStore {
      override deleteByIdentity(ref: IdentityRef, { except }: { except?: string } = {}) {
        return this.run(async () => {
          let ended = 0
          for (const { handle } of await this.listByIdentity(ref)) {
            const [key] = this.rows().find(([each]) => this.handle(each) === handle) ?? []
            if (except === undefined || key !== this.key(except)) ended += (await this.remove(key)) ? 1 : 0
          }
          return ended
        })
      }
    },
    { 'unreadable/spoils-no-sign-out': /signing out everywhere counts what is damaged/ },
  ),
  broken(
    'one damaged session fails all loads that travel with it',
    class extends ReferenceStore {
      #batch: Promise<unknown>[] = []
      override async load(id: string) {
        const own = super.load(id)
        own.catch(() => {})
        this.#batch.push(own)
        const batch = this.#batch
        await gap()
        this.#batch = []
        await Promise.all(batch)
        return await own
      }
    },
    { 'unreadable/spoils-nothing-beside-it': /each load has its own answer/ },
  ),
]
