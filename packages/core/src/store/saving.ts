import { invalidArgument, SessionError } from '../contract/errors.ts'
import type { SaveOptions } from '../contract/method-options.ts'
import type { Session } from '../contract/session.ts'
import type { CheckedSession } from './arguments.ts'
import { changedRecord } from './encoding/records.ts'
import type { StoreParts } from './store-parts.ts'

type Condition = SaveOptions['if']

/** The writes that a save can be. */
export class Saving {
  readonly #parts: StoreParts

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  save<Data extends object>(checked: CheckedSession, condition: Condition): Promise<Session<Data>> {
    const { codec, coalescer, options } = this.#parts
    const { id, version, isFromStore } = checked
    if (condition === 'unchanged' && version === null) {
      throw invalidArgument("session.version must be there for a save with if: 'unchanged'")
    }
    const now = options.now()
    const key = codec.keyOf(id)
    const fields = this.#fields(checked, now)
    const encoded = codec.encode(key, id, codec.prepare(fields))
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
    // The stored deadline bounds the expiry. That of the caller's object counts for nothing: it may be an old one.
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
   * The fields of a session that is built by hand. A session from a store goes through here as well, but of it the backend
   * writes none of `createdAt`, `ttlMs` and `deadline`, and `expiresAt` only where the caller moved it.
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

  /** A session whose time is over is ended by its save. */
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

  /** Looks why there is nothing to write over. @throws `SESS_GONE` */
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
