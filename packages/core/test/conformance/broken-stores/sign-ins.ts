import { type Capabilities, capabilityNames } from '../../../src/contract/capabilities.ts'
import type { LoadOptions, RotateOptions, SaveOptions, TouchOptions } from '../../../src/contract/method-options.ts'
import type { Identity, Session, SessionInput } from '../../../src/contract/session.ts'
import { type ReferenceOptions, ReferenceStore, type Rotation, type Row } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

const allCapabilities = Object.fromEntries(capabilityNames.map((name) => [name, true])) as unknown as Capabilities

export const brokenSignIns = [
  broken(
    'a sign-in renews nothing',
    class extends ReferenceStore {
      protected override rotated(row: Row, given: Rotation) {
        const { expiresAt, deadline } = row
        return { ...super.rotated(row, given), expiresAt, deadline }
      }
    },
    {
      'sign-in/is-one-step': /a sign-in gives all of it/,
      'sign-in/takes-its-own-limits': /takes ttl, deadline and data/,
    },
  ),
  broken(
    'authenticatedAt is of the first sign-in',
    class extends ReferenceStore {
      protected override rotated(row: Row, given: Rotation) {
        const rotated = super.rotated(row, given)
        return { ...rotated, authenticatedAt: row.authenticatedAt ?? rotated.authenticatedAt }
      }
    },
    {
      'sign-in/again-is-later': /when the person last proved/,
      'sign-in/null-signs-out': /takes the person and nothing else/,
    },
  ),
  broken(
    'any rotation moves the limit',
    class extends ReferenceStore {
      protected override earlier(_stored: number | null, given: Date | null | undefined) {
        return given?.getTime() ?? null
      }
    },
    { 'sign-in/without-one-a-limit-only-shrinks': /a later limit leaves the one that is there/ },
  ),
  broken(
    'a rotation forgets the person it is given',
    class extends ReferenceStore {
      override rotate(id: string, { identity, ...options }: RotateOptions = {}) {
        return super.rotate(id, identity ? options : { ...options, ...(identity === null && { identity }) })
      }
    },
    { 'sign-in/moves-the-index': /sessions of the person/ },
  ),
  broken(
    'a rotation kills the old id before it looks at its arguments',
    class extends ReferenceStore {
      override async rotate(id: string, options: RotateOptions = {}) {
        const first = await super.rotate(id)
        return first && super.rotate(first.id, options)
      }
    },
    { 'sign-in/bad-input-costs-nothing': /a rotation with a wrong argument: it resolved/ },
  ),
  broken(
    'a sign-in writes the data that it read before others wrote',
    class extends ReferenceStore {
      protected override async move(id: string, row: Row) {
        await gap()
        return await super.move(id, row)
      }
    },
    { 'sign-in/beside-an-update-loses-nothing': /every update that resolved is there/ },
  ),
  broken(
    'a session has a handle of its own',
    class extends ReferenceStore {
      protected override session(id: string, row: Row): Session {
        return { ...super.session(id, row), handle: id }
      }
    },
    { 'session-fields/handle-is-that-of-the-list': /it is the same/ },
  ),
  broken(
    'only a touch is seen',
    class extends ReferenceStore {
      protected override write(id: string, row: Row) {
        const { lastSeenAt } = this.storage.sessions.get(this.key(id)) ?? row
        return super.write(id, { ...row, lastSeenAt })
      }
    },
    { 'session-fields/seen-at-every-write': /a save is seen/ },
  ),
  broken(
    'a touch is not seen',
    class extends ReferenceStore {
      protected override extend(id: string, row: Row, expiresAt: number) {
        this.storage.sessions.set(this.key(id), { ...row, expiresAt })
        return new Date(expiresAt)
      }
    },
    { 'touch/is-seen': /a touch moves lastSeenAt to now/ },
  ),
  broken(
    'every session has signed in',
    class extends ReferenceStore {
      protected override insert(row: Row) {
        return super.insert({ ...row, authenticatedAt: row.createdAt })
      }
    },
    {
      'session-fields/signed-in-when-created': /an anonymous session has not signed in/,
      'create/defaults': /has its default/,
    },
  ),
  broken(
    'an update signs in',
    class extends ReferenceStore {
      protected override signedIn(before: Row, who: Identity | null) {
        return who && (before.authenticatedAt ?? this.now())
      }
    },
    { 'session-fields/an-update-signs-nobody-in': /another person has not signed in/ },
  ),
  broken(
    'maxLifetime is 30 days whatever is asked for',
    class extends ReferenceStore {
      protected override maxLifetimeOf(_: ReferenceOptions) {
        return 30 * 86_400_000
      }
    },
    {
      'session-fields/max-lifetime-is-the-limit': /the store tells maxLifetime in ms/,
      'session-fields/max-lifetime-may-be-none': /the store tells that there is none/,
    },
  ),
  broken(
    'a touch goes by the idle time of the store',
    class extends ReferenceStore {
      protected override idleTime(_: Row) {
        return this.ttlMs(undefined)
      }
    },
    {
      'session-fields/idle-time-is-its-own': /a touch renews it/,
      'touch/default-is-its-own-idle-time': /touch without ttl gives the session's ttlMs/,
    },
  ),
  broken(
    'an expiry may be as far away as anybody likes',
    class extends ReferenceStore {
      override save(input: SessionInput, options: SaveOptions = {}) {
        const { expiresAt } = input
        const near = new Date(this.now() + 1e9)
        return super.save(expiresAt && expiresAt > near ? { ...input, expiresAt: near } : input, options)
      }
    },
    { 'session-fields/a-century-is-the-limit': /more than 100 years: it resolved/ },
  ),
  broken(
    'a save with a condition just saves',
    class extends ReferenceStore {
      override save(input: SessionInput) {
        return super.save(input)
      }
    },
    {
      'save-conditions/absent-inserts-only': /an insert where there is a session: it resolved/,
      'save-conditions/exists-replaces-only': /a replacement of nothing: it resolved/,
      'save-conditions/unchanged-compares-the-version': /a save over another version: it resolved/,
      'save-conditions/wrong-conditions-are-type-errors': /an unknown condition: it resolved/,
    },
  ),
  broken(
    'a save asks whether the id is free, and then saves',
    class extends ReferenceStore {
      override async save(input: SessionInput, options: SaveOptions = {}) {
        if (options.if !== 'absent') return await super.save(input, options)
        if (await this.exists(input.id)) this.refuse('SESS_CONFLICT')
        await gap()
        const { version: _, ...byHand } = input
        return await super.save(byHand)
      }
    },
    { 'save-conditions/absent-is-for-one': /one of the saves wins/ },
  ),
  broken(
    'a save over the version that was loaded writes all that the session says',
    class extends ReferenceStore {
      override save(input: SessionInput, options: SaveOptions = {}) {
        const { version, ...byHand } = input
        return options.if === 'unchanged' && version ? super.save(byHand) : super.save(input, options)
      }
    },
    { 'save-conditions/unchanged-moves-no-limit': /they stay, and the expiry within the limit/ },
  ),
  broken(
    'every save writes the expiry',
    class extends ReferenceStore {
      protected override isMoved() {
        return true
      }
    },
    { 'save-conditions/an-unmoved-expiry-stays': /a copy of the session moves nothing/ },
  ),
  broken(
    'what is built by hand is idle for a day',
    class extends ReferenceStore {
      override save(input: SessionInput, options: SaveOptions = {}) {
        return super.save({ ttlMs: 3_600_000, ...input }, options)
      }
    },
    { 'save-conditions/by-hand-may-leave-all-out': /has its default/ },
  ),
  broken(
    'SESS_GONE says the wrong reason',
    class extends ReferenceStore {
      protected override refuseGone(_: string): never {
        throw Object.assign(this.gone(), { reason: 'expired' })
      }
      private gone(): Error {
        try {
          return super.refuseGone('nobody')
        } catch (error) {
          return error as Error
        }
      }
    },
    { 'save-conditions/gone-says-why': /a deleted session is absent/ },
  ),
  broken(
    'a load with touch touches nothing',
    class extends ReferenceStore {
      override load(id: string, { touch: _ }: LoadOptions = {}) {
        return super.load(id)
      }
    },
    {
      'load-and-touch/touches-what-is-due': /it is touched/,
      'load-and-touch/bad-touch-is-a-type-error': /no duration: it resolved/,
    },
  ),
  broken(
    'a load with touch knows no deadline',
    class extends ReferenceStore {
      protected override touched(id: string, row: Row, ttlMs: number) {
        return this.write(id, { ...row, expiresAt: this.now() + ttlMs })
      }
    },
    { 'load-and-touch/stays-within-the-deadline': /clamped to the deadline/ },
  ),
  broken(
    'options that need what the store lacks are ignored',
    class extends ReferenceStore {
      override readonly capabilities = Object.freeze({ ...allCapabilities, touch: false })
    },
    { 'capabilities/of-options-are-stated-truly': /an option that needs touch: it resolved/ },
  ),
  broken(
    'create takes a deadline that has passed, and heeds none',
    class extends ReferenceStore {
      protected override limit(deadline: Date | null | undefined) {
        return deadline?.getTime() ?? null
      }
      protected override clamp(expiresAt: number) {
        return expiresAt
      }
    },
    { 'create/deadline-in-the-past-is-never-live': /./ },
  ),
  broken(
    'a load with touch touches every time',
    class extends ReferenceStore {
      override async load(id: string, options: LoadOptions = {}) {
        const session = await super.load(id, options)
        if (session && options.touch !== undefined) await this.touch(id, {} as TouchOptions)
        return super.load(id)
      }
    },
    { 'load-and-touch/leaves-what-is-not': /it is not touched|nothing is written/ },
  ),
]
