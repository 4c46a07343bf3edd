import { durationMs } from '../contract/durations.ts'
import { invalidArgument } from '../contract/errors.ts'
import type { ConsumedState, ConsumeStateOptions, PutStateOptions } from '../contract/method-options.ts'
import { idArgument, stringArgument } from './arguments.ts'
import { idForm, isWellFormedId, sha256 } from './encoding/session-id.ts'
import { freshId } from './fresh-id.ts'
import type { StoreParts } from './store-parts.ts'

const defaultTtlMs = 10 * 60_000

/** States that are given out once. */
export class OneTimeStates {
  readonly #parts: StoreParts

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  put({ state: given, userAgent, data = {}, ttl = defaultTtlMs }: PutStateOptions): Promise<string> {
    const { codec, coalescer, options } = this.#parts
    const state = given === undefined ? freshId(options.generateId) : idArgument(given, 'state')
    if (!isWellFormedId(state)) throw invalidArgument(`state must have ${idForm}`)
    const now = options.now()
    const key = sha256(state)
    const payload = codec.encodeState(key, data, stringArgument(userAgent, 'userAgent'), now)
    const record = { key, payload, expiresAt: now + durationMs(ttl, 'ttl') }
    return coalescer.write({ kind: 'putState', key, record }, () => state)
  }

  consume(state: string, options: ConsumeStateOptions): Promise<ConsumedState | null> {
    const { codec, coalescer, options: storeOptions } = this.#parts
    const userAgent = stringArgument(options.userAgent, 'userAgent')
    if (!isWellFormedId(idArgument(state, 'state'))) return Promise.resolve(null)
    const consume = { kind: 'consumeState', key: sha256(state) } as const
    return coalescer.write(consume, (record) => codec.openState(record, userAgent, storeOptions.now()))
  }
}
