import type { ConsumedState, ConsumeStateOptions, PutStateOptions } from '../../../src/contract/method-options.ts'
import { ReferenceStore } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

/** One-time states. */
export const brokenStates = [
  broken(
    'a state is read, and deleted a moment later',
    class extends ReferenceStore {
      protected override async take(key: string, userAgent: string | undefined): Promise<ConsumedState | null> {
        const row = this.storage.states.get(key)
        await gap()
        if (row) this.storage.states.set(key, row)
        return await super.take(key, userAgent)
      }
    },
    {
      'ordering/states-take-their-turn': /in the order in which they were issued/,
      'races/consume-and-consume': /exactly one of the simultaneous callers/,
    },
  ),
  broken(
    'a state is never deleted',
    class extends ReferenceStore {
      protected override async take(key: string, userAgent: string | undefined): Promise<ConsumedState | null> {
        const row = this.storage.states.get(key)
        const taken = await super.take(key, userAgent)
        if (row) this.storage.states.set(key, row)
        return taken
      }
    },
    {
      'states/is-given-out-once': /a state is given out once/,
      'at-rest/deleted-data-is-removed': /after consumeState the data is still stored/,
    },
  ),
  broken(
    'a wrong User-Agent does not burn the state',
    class extends ReferenceStore {
      protected override take(key: string, userAgent: string | undefined) {
        const row = this.storage.states.get(key)
        return row && !this.isSameAgent(row.userAgent, userAgent) ? null : super.take(key, userAgent)
      }
    },
    {
      'states/wrong-user-agent-burns': /a wrong User-Agent burns the state/,
    },
  ),
  broken(
    'the User-Agent of a state is ignored',
    class extends ReferenceStore {
      protected override isSameAgent() {
        return true
      }
    },
    {
      'states/wrong-user-agent-burns': /a wrong User-Agent does not get the state/,
      'races/consume-with-right-and-wrong-user-agent': /a wrong User-Agent never gets the state/,
    },
  ),
  broken(
    'a caller without a User-Agent gets every state',
    class extends ReferenceStore {
      protected override isSameAgent(bound: string | undefined, given: string | undefined) {
        return !given || super.isSameAgent(bound, given)
      }
    },
    { 'states/wrong-user-agent-burns': /a wrong User-Agent does not get the state/ },
  ),
  broken(
    'a state keeps its first data when it is put again',
    class extends ReferenceStore {
      override putState(options: PutStateOptions = {}) {
        if (options.state && this.storage.states.has(this.key(options.state))) return Promise.resolve(options.state)
        return super.putState(options)
      }
    },
    { 'states/put-again-replaces': /the later state replaces the earlier/ },
  ),
  broken(
    'states are kept among the sessions',
    class extends ReferenceStore {
      override async putState(options: PutStateOptions = {}) {
        const state = await super.putState(options)
        await this.save({ id: state, expiresAt: new Date(this.now() + 600_000), data: options.data ?? {} })
        return state
      }
      override async consumeState(state: string, options: ConsumeStateOptions = {}) {
        const consumed = await super.consumeState(state, options)
        await this.delete(state)
        return consumed
      }
    },
    {
      'states/is-no-session': /a state does not load as a session/,
      'exists-count-clean/count-leaves-states-out': /states do not count/,
      'entries/leaves-states-out': /states are no entries/,
    },
  ),
  broken(
    'a state lives as long as a session',
    class extends ReferenceStore {
      override putState(options: PutStateOptions = {}) {
        return super.putState({ ttl: '24h', ...options })
      }
    },
    { 'states/expires-after-ten-minutes': /at 10 minutes a state is gone/ },
  ),
  broken(
    'a state of the caller’s own is given another text',
    class extends ReferenceStore {
      override putState({ state: _, ...options }: PutStateOptions = {}) {
        return super.putState(options)
      }
    },
    { 'states/may-be-made-by-the-caller': /putState resolves with the caller's state/ },
  ),
  broken(
    'an unknown state is an error',
    class extends ReferenceStore {
      protected override take(key: string, userAgent: string | undefined) {
        if (this.storage.states.has(key)) return super.take(key, userAgent)
        throw new Error('no such state')
      }
    },
    { 'states/unknown-or-malformed-is-null': /no such state/ },
  ),
  broken(
    'a bound state is given to nobody',
    class extends ReferenceStore {
      protected override isSameAgent(bound: string | undefined) {
        return bound === undefined
      }
    },
    { 'states/is-bound-to-its-user-agent': /the same User-Agent gets the state/ },
  ),
  broken(
    'an unbound state is given to callers without a User-Agent alone',
    class extends ReferenceStore {
      protected override isSameAgent(bound: string | undefined, given: string | undefined) {
        return bound === given
      }
    },
    { 'states/unbound-goes-to-anyone': /an unbound state goes to anyone/ },
  ),
]
