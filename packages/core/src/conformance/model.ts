import type { JsonObject } from '../contract/json.ts'
import type { Identity } from '../contract/session.ts'

/** A session as the model knows it: all but the version, which is opaque. */
export interface ModelSession {
  identity: Identity | null
  data: JsonObject
  createdAt: Date
  lastSeenAt: Date
  authenticatedAt: Date | null
  expiresAt: Date
  ttlMs: number
  deadline: Date | null
}

interface ModelState {
  userAgent: string | undefined
  data: JsonObject
  createdAt: Date
  expiresAt: Date
}

/** The contract at its simplest: two maps and a clock. What a store answers is held against it. */
export class Model {
  readonly #now: () => number
  readonly #sessions = new Map<string, ModelSession>()
  readonly #states = new Map<string, ModelState>()

  constructor(now: () => number) {
    this.#now = now
  }

  in(ms: number): Date {
    return new Date(this.#now() + ms)
  }

  load(id: string): ModelSession | null {
    const session = this.#sessions.get(id)
    return session && session.expiresAt.getTime() > this.#now() ? session : null
  }

  live(): [string, ModelSession][] {
    return [...this.#sessions].filter(([id]) => this.load(id) !== null)
  }

  of(person: Identity): [string, ModelSession][] {
    return this.live().filter(([, { identity }]) => identity?.externalId === person.externalId)
  }

  /** A save by hand. */
  put(id: string, session: ModelSession): ModelSession {
    const expiresAt = clamped(session.expiresAt, session.deadline)
    const stored = { ...session, expiresAt, lastSeenAt: this.in(0) }
    this.#sessions.set(id, stored)
    return stored
  }

  /** A versioned save, or an update; null where the session is gone. */
  replace(id: string, changes: Partial<ModelSession>): ModelSession | null {
    const session = this.load(id)
    return session && this.put(id, { ...session, ...changes })
  }

  /** Without a `ttlMs`: the session's own. */
  touch(id: string, ttlMs?: number): Date | null {
    const session = this.load(id)
    return session && this.put(id, { ...session, expiresAt: this.in(ttlMs ?? session.ttlMs) }).expiresAt
  }

  rotate(id: string, newId: string | undefined, changes: Partial<ModelSession> = {}): ModelSession | null {
    const session = this.load(id)
    if (!session || newId === undefined) return session
    this.#sessions.delete(id)
    return this.put(newId, { ...session, ...changes })
  }

  delete(id: string): boolean {
    const live = this.load(id) !== null
    this.#sessions.delete(id)
    return live
  }

  putState(state: string, userAgent: string | undefined, data: JsonObject, ttlMs: number): void {
    this.#states.set(state, { userAgent, data, createdAt: this.in(0), expiresAt: this.in(ttlMs) })
  }

  consumeState(state: string, userAgent: string | undefined): { data: JsonObject; createdAt: Date } | null {
    const stored = this.#states.get(state)
    this.#states.delete(state)
    if (!stored || stored.expiresAt.getTime() <= this.#now()) return null
    if (stored.userAgent !== undefined && stored.userAgent !== userAgent) return null
    return { data: stored.data, createdAt: stored.createdAt }
  }
}

function clamped(expiresAt: Date, deadline: Date | null): Date {
  return deadline && deadline < expiresAt ? deadline : expiresAt
}
