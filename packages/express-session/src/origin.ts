import { inspect } from 'node:util'
import type { Session } from '@sess/core'
import { type CookieFacts, cookieFacts, storedCookie } from './cookie.ts'
import { fieldsOf, type JsonObject, type JsonText } from './json.ts'

/** What an object of the application held when it was last read or saved. */
export interface Taken {
  /** Without the cookie. */
  readonly fields: JsonText
  readonly cookie: CookieFacts
}

/** A session in the store, as this process last heard of it. */
export interface Stored extends Taken {
  readonly session: Omit<Session, 'data'>
}

/** @throws whatever JSON does not carry */
export function taken(session: object): Taken {
  const { cookie } = session as { cookie?: unknown }
  return { fields: fieldsOf(session), cookie: cookieFacts(cookie) }
}

/** A session's whole data as it is stored. */
export function textOf({ fields, cookie }: Taken): JsonText {
  return fields.with('cookie', storedCookie(cookie))
}

export function dataOf(taken: Taken): JsonObject {
  return textOf(taken).parse()
}

/** @returns the session with what the cookie says, whose expiry is the session's */
export function storedOf(session: Session): Stored {
  const { fields, cookie } = taken(session.data)
  return { session, fields, cookie }
}

/**
 * Where an object that the application holds came from. It travels with the object, and counts for the sid it names alone:
 * Passport's `keepSessionInfo` copies an old session over a new one.
 */
export class Origin {
  readonly sid: string
  /** When the object was read, in epoch ms. */
  readonly readAt: number
  /** Null as long as nothing is stored. */
  stored: Stored | null
  /** What the object held when it was last read or saved. It lacks what others wrote meanwhile, unlike `stored`. */
  base: Taken | null
  #last: Promise<unknown> | null = null

  constructor(sid: string, stored: Stored | null, readAt: number) {
    this.sid = sid
    this.stored = stored
    this.base = stored
    this.readAt = readAt
  }

  /** Runs a write after those that were asked for before, so that it knows what they stored. */
  async inTurn<T>(write: () => Promise<T>): Promise<T> {
    const before = this.#last
    const run = before === null ? write() : before.then(write, write)
    this.#last = run
    try {
      return await run
    } finally {
      if (this.#last === run) this.#last = null
    }
  }

  /** Nothing of it is stored or hashed. */
  toJSON(): undefined {
    return undefined
  }

  /** A sid is no text for a log, and `console.log(session)` is. */
  [inspect.custom](): string {
    return '[origin]'
  }
}

/** How a framework's objects carry their origin. */
export interface Carrier {
  originOf(session: object): Origin | undefined
  attach(session: object, origin: Origin): void
}
