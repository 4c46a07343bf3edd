import { invalidArgument, SessionError } from '../contract/errors.ts'
import type { SaveOptions } from '../contract/method-options.ts'
import type { Session } from '../contract/session.ts'
import type { CheckedSession } from './arguments.ts'
import type { JsonText } from './encoding/json-text.ts'
import { changedRecord } from './encoding/records.ts'
import type { StoreParts } from './store-parts.ts'

type Condition = SaveOptions['if']

/** Chooses the write that a save needs. */
export class Saving {
  readonly #parts: StoreParts

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  /** `text`: the data, where it is JSON text already; null where it is to be walked. */
  save<Data extends object>(
    checked: CheckedSession,
    condition: Condition,
    text: JsonText | null = null,
  ): Promise<Session<Data>> {
    const { codec, coalescer, options } = this.#parts
    const { id, version, isFromStore } = checked
    if (condition === 'unchanged' && version === null) {
      throw invalidArgument("session.version must be there for a save with if: 'unchanged'")
    }
    const now = options.now()
    const key = codec.keyOf(id)
    const fields = this.#fields(checked, now)
    const encoded = codec.encode(key, id, text === null ? codec.prepare(fields) : codec.prepareText(fields, text))
    const { record } = encoded
    const stored = () => codec.stored<Data>(id, encoded)
    const keepsExpiry = isFromStore && !checked.movesExpiry
    const isOver = !keepsExpiry && fields.expiresAt <= now
    if (isOver && condition !== 'unchanged') return this.#end(key, stored, isFromStore, condition)
    if (condition === 'absent') {
      return coalescer.write({ kind: 'insert', key, record }, (isNew) => {
        if (!isNew) throw conflict('a session has this id')
        return stored()
      })
    }
    if (version === null) {
      const ifLive = condition === 'exists'
      return coalescer.write({ kind: 'put', key, record, ...(ifLive && { ifLive }) }, (isWritten) =>
        isWritten ? stored() : this.#gone(key),
      )
    }
    // The backend bounds the expiry by the stored deadline. The deadline of the caller's object may be outdated, so it does
    // not count.
    const changed = changedRecord(record, keepsExpiry, fields.expiresAt)
    if (condition !== 'unchanged') {
      return coalescer.write({ kind: 'replace', key, record: changed }, (times) =>
        times === null ? this.#gone(key) : codec.stored<Data>(id, encoded, times),
      )
    }
    const swap = { kind: 'compareAndSwap', key, record: changed, ifVersion: version } as const
    return coalescer.write(swap, (outcome) => {
      if (outcome === 'conflict') throw conflict('the session has another version')
      return outcome === 'gone' ? this.#gone(key) : codec.stored<Data>(id, encoded, outcome)
    })
  }

  /**
   * Fills in the defaults of a session that is built by hand. Sessions from a store pass here as well. For those, the
   * backend keeps the stored `createdAt`, `ttlMs` and `deadline`, and takes `expiresAt` only where the caller moved it.
   */
  #fields(checked: CheckedSession, now: number) {
    const { identity, data, authenticatedAt, deadline } = checked
    const wanted = checked.expiresAt ?? now + this.#parts.options.ttlMs
    const expiresAt = checked.isFromStore || deadline === null ? wanted : Math.min(wanted, deadline)
    return {
      identity,
      data,
      createdAt: checked.createdAt ?? now,
      lastSeenAt: now,
      authenticatedAt,
      expiresAt,
      ttlMs: checked.ttlMs ?? Math.max(1, expiresAt - now),
      deadline,
    }
  }

  /** Ends the session: its expiry has passed. */
  #end<Data extends object>(
    key: string,
    ended: () => Session<Data>,
    isFromStore: boolean,
    condition: Condition,
  ): Promise<Session<Data>> {
    const { coalescer, options } = this.#parts
    if (condition === 'absent') {
      return coalescer.read(key, (record) => {
        if (record !== null && record.expiresAt > options.now()) throw conflict('a session has this id')
        return ended()
      })
    }
    return coalescer.write({ kind: 'delete', key }, (wasLive) =>
      wasLive || !(isFromStore || condition === 'exists') ? ended() : this.#gone(key),
    )
  }

  /** Reads the key again to tell why the session is gone. @throws `SESS_GONE` with the reason where it is known */
  #gone(key: string): Promise<never> {
    const { coalescer, options } = this.#parts
    const gone = (reason?: 'absent' | 'expired') =>
      new SessionError('SESS_GONE', 'the session was deleted, expired or rotated away; nothing is written', { reason })
    return coalescer
      .read(key, (record) => {
        if (record === null) return 'absent' as const
        return record.expiresAt <= options.now() ? ('expired' as const) : undefined
      })
      .then(
        (reason) => Promise.reject(gone(reason)),
        () => Promise.reject(gone()),
      )
  }
}

function conflict(why: string): SessionError {
  return new SessionError('SESS_CONFLICT', `${why}; nothing is written`)
}
