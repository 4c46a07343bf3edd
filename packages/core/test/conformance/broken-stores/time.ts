import type { Duration, TouchOptions } from '../../../src/contract/method-options.ts'
import type { Session } from '../../../src/contract/session.ts'
import { ReferenceStore, type Row } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

export const brokenTime = [
  broken(
    'a session lives one millisecond too long',
    class extends ReferenceStore {
      protected override isLive(row: { expiresAt: number } | undefined) {
        return row !== undefined && row.expiresAt >= this.now()
      }
    },
    {
      'create/expired-id-is-free': /the id of an expired session is free/,
      'rotate/nothing-is-null': /an expired session is null/,
      'update/moves-expiry': /whose expiresAt has passed is absent/,
      'touch/keeps-alive': /expires at its new expiry/,
      'expiry/on-load': /at expiresAt the session is absent/,
      'expiry/on-exists': /at expiresAt the session is absent/,
      'expiry/on-count': /at expiresAt the session is absent/,
      'expiry/on-touch': /at expiresAt the session is absent/,
      'expiry/on-update': /at expiresAt the session is absent/,
      'expiry/on-rotate': /at expiresAt the session is absent/,
      'expiry/on-delete': /at expiresAt the session is absent/,
      'expiry/on-save-versioned': /at expiresAt the session is absent/,
      'expiry/on-list-by-identity': /at expiresAt the session is absent/,
      'expiry/on-delete-by-identity': /at expiresAt the session is absent/,
      'expiry/on-delete-by-handle': /at expiresAt the session is absent/,
      'expiry/on-entries': /at expiresAt the session is absent/,
      'states/expires-after-its-ttl': /at its expiry a state is absent/,
    },
  ),
  broken(
    'load never looks at the expiry',
    class extends ReferenceStore {
      override load(id: string) {
        return this.run(() => {
          const row = this.storage.sessions.get(this.key(id))
          return row ? this.session(id, row) : null
        })
      }
    },
    { 'expiry/on-load': /at expiresAt the session is absent/ },
  ),
  broken(
    'exists never looks at the expiry',
    class extends ReferenceStore {
      override exists(id: string) {
        return this.run(() => this.storage.sessions.has(this.key(id)))
      }
    },
    { 'expiry/on-exists': /at expiresAt the session is absent/ },
  ),
  broken(
    'count includes the expired',
    class extends ReferenceStore {
      override count() {
        return this.run(() => this.storage.sessions.size)
      }
    },
    {
      'expiry/on-count': /at expiresAt the session is absent/,
      'exists-count-clean/count-follows': /an expired session does not count/,
      'properties/histories-agree-with-a-model': /count agrees with the model/,
    },
  ),
  broken(
    'entries and lists include the expired',
    class extends ReferenceStore {
      protected override rows() {
        return [...this.storage.sessions]
      }
    },
    {
      'expiry/on-entries': /at expiresAt the session is absent/,
      'expiry/on-list-by-identity': /at expiresAt the session is absent/,
      'expiry/on-delete-by-handle': /at expiresAt the session is absent/,
      'identity-index/delete-ends-all': /counts the live sessions/,
    },
  ),
  broken(
    'delete is true for an expired session',
    class extends ReferenceStore {
      override delete(id: string) {
        return this.run(() => this.storage.sessions.delete(this.key(id)))
      }
    },
    { 'delete/expired-is-false': /no live session was removed/, 'expiry/on-delete': /at expiresAt/ },
  ),
  broken(
    'delete is true again and again',
    class extends ReferenceStore {
      override delete(id: string) {
        return super.delete(id).then(() => true)
      }
    },
    {
      'index-races/handle-and-delete': /one of the two is true/,
      'delete/is-idempotent': /the second delete is false/,
      'delete/unknown-is-false': /deleting an unknown id is false/,
      'races/delete-and-delete': /one of two deletes removed the session/,
    },
  ),
  broken(
    'instants are kept in whole seconds',
    class extends ReferenceStore {
      protected override write(id: string, row: Row): Session {
        return super.write(id, { ...row, expiresAt: Math.floor(row.expiresAt / 1000) * 1000 })
      }
    },
    {
      'save/expiry-moves-both-ways': /a save can shorten the life/,
      'expiry/milliseconds-count': /no instant is rounded/,
      'expiry/below-a-second': /is not floored to zero/,
    },
  ),
  broken(
    'a life of less than a second becomes one for ever',
    class extends ReferenceStore {
      protected override write(id: string, row: Row): Session {
        const seconds = Math.floor((row.expiresAt - this.now()) / 1000)
        return super.write(id, seconds === 0 ? { ...row, expiresAt: Number.MAX_SAFE_INTEGER } : row)
      }
    },
    { 'expiry/below-a-second': /a life below a second does end/ },
  ),
  broken(
    'milliseconds are taken for seconds',
    class extends ReferenceStore {
      protected override ttlMs(ttl: Duration | undefined) {
        return super.ttlMs(ttl) * (typeof ttl === 'number' ? 1000 : 1)
      }
    },
    {
      'create/ttl-as-milliseconds-or-duration': /ttl 90000 is 90000 ms/,
      'touch/moves-expiry': /ttl 90000 resolves with now \+ 90000 ms/,
    },
  ),
  broken(
    'a life of more than 24 days overflows',
    class extends ReferenceStore {
      protected override isLive(row: { expiresAt: number } | undefined) {
        return super.isLive(row) && (row?.expiresAt ?? 0) - this.now() < 2 ** 31
      }
    },
    { 'expiry/far-future': /the session is live, but load gave null/ },
  ),
  broken(
    'the store has a clock of its own',
    class extends ReferenceStore {
      protected override now() {
        return Date.now()
      }
    },
    { 'harness/hands-on-the-clock': /at the instant of the injected clock/ },
  ),
  broken(
    'cleanExpired removes what will expire soon',
    class extends ReferenceStore {
      override cleanExpired() {
        for (const [key, row] of this.storage.sessions) {
          if (row.expiresAt < this.now() + 60_000) this.storage.sessions.delete(key)
        }
        return super.cleanExpired()
      }
    },
    { 'exists-count-clean/clean-removes-the-expired-alone': /./ },
  ),
  broken(
    'cleanExpired stops after its first step',
    class extends ReferenceStore {
      override cleanExpired() {
        return this.run(() => {
          const expired = [...this.storage.sessions].filter(([, row]) => !this.isLive(row)).slice(0, 100)
          for (const [key] of expired) this.storage.sessions.delete(key)
          return expired.length
        })
      }
    },
    { 'exists-count-clean/clean-removes-many': /remove each session once/ },
  ),
  broken(
    'cleanExpired looks what has expired, and deletes it a moment later',
    class extends ReferenceStore {
      override cleanExpired() {
        return this.run(async () => {
          const expired = [...this.storage.sessions].filter(([, row]) => !this.isLive(row))
          await gap()
          for (const [key] of expired) this.storage.sessions.delete(key)
          return expired.length
        })
      }
    },
    { 'races/clean-and-save': /a clean-up spares what is live/ },
  ),
  broken(
    'cleanExpired leaves expired states stored',
    class extends ReferenceStore {
      override cleanExpired() {
        const kept = [...this.storage.states]
        return super.cleanExpired().finally(() => {
          for (const [key, state] of kept) this.storage.states.set(key, state)
        })
      }
    },
    { 'at-rest/cleaned-data-is-removed': /after a clean-up the data is still stored/ },
  ),
  broken(
    'touch revives',
    class extends ReferenceStore {
      override touch(id: string, options: TouchOptions = {}) {
        const row = this.storage.sessions.get(this.key(id))
        if (row && !this.isLive(row)) this.write(id, { ...row, expiresAt: this.now() + 1 })
        return super.touch(id, options)
      }
    },
    {
      'touch/never-revives': /a touch of an expired session is null/,
      'expiry/on-touch': /at expiresAt the session is absent/,
    },
  ),
  broken(
    'touch makes a session where there is none',
    class extends ReferenceStore {
      override touch(id: string, options: TouchOptions = {}) {
        if (!this.find(id)) void this.save({ id, expiresAt: new Date(this.now() + 1_000) })
        return super.touch(id, options)
      }
    },
    {
      'index-races/sign-out-and-touch': /signing out everywhere is final/,
      'touch/never-revives': /a touch of an unknown id is null/,
      'races/touch-and-delete': /a delete is final/,
    },
  ),
  broken(
    'touch gives a new version',
    class extends ReferenceStore {
      protected override extend(id: string, row: Row, expiresAt: number) {
        return super.extend(id, { ...row, version: this.newVersion() }, expiresAt)
      }
    },
    { 'touch/writes-nothing-else': /a touch writes expiresAt and lastSeenAt alone/ },
  ),
  broken(
    'touch writes back the data that it read before',
    class extends ReferenceStore {
      protected override async extend(id: string, row: Row, expiresAt: number) {
        await gap()
        return await super.extend(id, row, expiresAt)
      }
    },
    {
      'races/touch-and-save': /a touch beside a save rewrites no data/,
      'races/touch-and-delete': /a delete is final/,
      'ordering/touch-between-saves': /./,
    },
  ),
  broken(
    'touch never shortens',
    class extends ReferenceStore {
      protected override extend(id: string, row: Row, expiresAt: number) {
        return super.extend(id, row, Math.max(row.expiresAt, expiresAt))
      }
    },
    { 'touch/can-shorten': /not the later of both/ },
  ),
  broken(
    'a touch that changes nothing looks like a missing session',
    class extends ReferenceStore {
      protected override extend(id: string, row: Row, expiresAt: number) {
        return row.expiresAt === expiresAt ? Promise.resolve(null) : super.extend(id, row, expiresAt)
      }
    },
    { 'touch/same-instant-is-no-miss': /the first touch|a touch to the same instant is not null/ },
  ),
  broken(
    'load extends the session',
    class extends ReferenceStore {
      override load(id: string) {
        return super.load(id).finally(() => this.touch(id).catch(() => {}))
      }
    },
    { 'load/changes-nothing': /a load writes nothing/ },
  ),
]
