import { durationMs } from '../../../src/contract/durations.ts'
import { SessionError } from '../../../src/contract/errors.ts'
import type { LoadOptions, RotateOptions, SaveOptions } from '../../../src/contract/method-options.ts'
import type { SessionInput } from '../../../src/contract/session.ts'
import { type ReferenceOptions, ReferenceStore, type Rotation, type Row } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

/** Saves under conditions, loads that touch, and rotations that sign in, beside other writers and at their limits. */
export const brokenConditions = [
  broken(
    'a save compares the version, and writes a moment later',
    class extends ReferenceStore {
      override async save(input: SessionInput, options: SaveOptions = {}) {
        if (options.if !== 'unchanged') return await super.save(input, options)
        if (this.find(input.id)?.version !== input.version) this.refuse('SESS_CONFLICT')
        await gap()
        return await super.save(input)
      }
    },
    { 'save-conditions/unchanged-is-for-one': /one of the saves wins/ },
  ),
  broken(
    'a save with a passed expiry deletes, whatever its condition',
    class extends ReferenceStore {
      override async save(input: SessionInput, options: SaveOptions = {}) {
        if (input.expiresAt === undefined || input.expiresAt.getTime() > this.now()) return super.save(input, options)
        await this.delete(input.id)
        return await super.save({ id: input.id, expiresAt: input.expiresAt })
      }
    },
    {
      'save-conditions/a-passed-expiry-heeds-the-condition': /a save of what was deleted: it resolved/,
      'save-conditions/an-unmoved-expiry-that-has-passed-ends-nothing': /the expiry of the touch stays/,
    },
  ),
  broken(
    'an expiry that has passed is not written',
    class extends ReferenceStore {
      protected override put(id: string, row: Row) {
        return this.isLive(row) ? super.put(id, row) : this.session(id, row)
      }
    },
    { 'save-conditions/a-passed-expiry-ends-the-session': /if: undefined: the session is ended/ },
  ),
  broken(
    'every condition compares the version where there is one',
    class extends ReferenceStore {
      override save(input: SessionInput, options: SaveOptions = {}) {
        return super.save(input, options.if === 'exists' && input.version !== undefined ? { if: 'unchanged' } : options)
      }
    },
    { 'save-conditions/exists-takes-any-version': /the condition of the save does not hold/ },
  ),
  broken(
    'a session with a version is never inserted',
    class extends ReferenceStore {
      override async save(input: SessionInput, options: SaveOptions = {}) {
        if (options.if === 'absent' && input.version !== undefined && !this.find(input.id)) this.refuseGone(input.id)
        return await super.save(input, options)
      }
    },
    { 'save-conditions/absent-after-a-delete-inserts': /the session is gone/ },
  ),
  broken(
    'a deadline of a session built by hand may be any date',
    class extends ReferenceStore {
      override save(input: SessionInput, options: SaveOptions = {}) {
        const { deadline } = input
        const isFine = !deadline || (deadline.getTime() > this.now() && deadline.getTime() < this.now() + 1e11)
        return super.save(isFine ? input : { ...input, deadline: null }, options)
      }
    },
    { 'save-conditions/a-deadline-by-hand-is-to-come': /a deadline in -1 ms: it resolved/ },
  ),
  broken(
    'the idle time of a session built by hand reaches beyond its deadline',
    class extends ReferenceStore {
      protected override timeLeft(until: number) {
        return until - this.now()
      }
    },
    { 'save-conditions/idle-time-by-hand-is-what-is-left': /the time that is left/ },
  ),
  broken(
    'a load touches a millisecond too early',
    class extends ReferenceStore {
      override load(id: string, options: LoadOptions = {}) {
        const { touch } = options
        return super.load(id, touch === undefined || touch === 1 ? options : { touch: durationMs(touch) - 1 })
      }
    },
    { 'load-and-touch/leaves-what-is-exactly-as-old': /it is not older/ },
  ),
  broken(
    'a load touches by the ttl of the store',
    class extends ReferenceStore {
      protected override touched(id: string, row: Row) {
        return super.touched(id, row, this.ttlMs(undefined))
      }
    },
    { 'load-and-touch/renews-by-its-own-idle-time': /it has its own idle time/ },
  ),
  broken(
    'a load reads, and writes back what it read a moment later',
    class extends ReferenceStore {
      protected override async touched(id: string, row: Row, ttlMs: number) {
        await gap()
        return super.touched(id, row, ttlMs)
      }
    },
    { 'load-and-touch/beside-a-delete': /no touch revives what was deleted/ },
  ),
  broken(
    'a rotation gives no deadline to a session without one',
    class extends ReferenceStore {
      protected override earlier(stored: number | null, given: Date | null | undefined) {
        return stored === null ? null : super.earlier(stored, given)
      }
    },
    { 'sign-in/gives-a-first-deadline': /the limit is taken, and clamps/ },
  ),
  broken(
    'a sign-out renews like a sign-in',
    class extends ReferenceStore {
      protected override rotated(row: Row, given: Rotation) {
        const rotated = super.rotated(row, given)
        if (given.identity !== null) return rotated
        const deadline = this.limit(given.deadline)
        return { ...rotated, deadline, expiresAt: this.clamp(this.now() + rotated.ttlMs, deadline) }
      }
    },
    { 'sign-in/a-sign-out-gives-no-time': /a sign-out gives no more time/ },
  ),
  broken(
    'a touch writes back what it read a moment ago',
    class extends ReferenceStore {
      protected override async extend(id: string, row: Row, expiresAt: number) {
        await gap()
        return super.extend(id, row, expiresAt)
      }
    },
    { 'sign-in/beside-a-touch': /no touch revives the old id/ },
  ),
  broken(
    'a sign-in looks for the session, and moves what it read a moment later',
    class extends ReferenceStore {
      protected override async move(id: string, row: Row) {
        await gap()
        return await super.move(id, row)
      }
    },
    {
      'sign-in/beside-an-update': /an update that resolved is carried over/,
      'sign-in/beside-a-delete': /either the sign-in or the delete finds it/,
    },
  ),
  broken(
    'a rotation that fails has deleted the session',
    class extends ReferenceStore {
      override async rotate(id: string, options: RotateOptions = {}) {
        try {
          return await super.rotate(id, options)
        } catch (error) {
          if (error instanceof SessionError) this.remove(this.key(id))
          throw error
        }
      }
    },
    { 'sign-in/unreadable-ones-keep-their-id': /a rotation of what cannot be read: it resolved/ },
  ),
  broken(
    'ids are compared by nobody',
    class extends ReferenceStore {
      protected override checkIds() {}
    },
    { 'ids-apart/refuse-whatever-is-asked-first': /load with hashed ids on plain ones: it resolved/ },
  ),
  broken(
    'maxLifetime may be anything',
    class extends ReferenceStore {
      protected override maxLifetimeOf(options: ReferenceOptions) {
        try {
          return super.maxLifetimeOf(options)
        } catch {
          return null
        }
      }
    },
    { 'configuration/of-max-lifetime': /maxLifetime 1h with ttl 2h: it resolved/ },
  ),
]
