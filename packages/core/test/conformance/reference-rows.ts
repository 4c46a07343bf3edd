import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { durationMs } from '../../src/contract/durations.ts'
import { SessionError } from '../../src/contract/errors.ts'
import type { JsonObject } from '../../src/contract/json.ts'
import type { Duration } from '../../src/contract/method-options.ts'
import type { Identity, IdentityRef, Session, SessionSummary } from '../../src/contract/session.ts'
import { checkJson, checkOptions, checkRef, checkString, copyJson, isValidId } from './reference-checks.ts'

/** A stored session. A row is never altered, only replaced: whoever holds an old one can tell. */
export interface Row {
  readonly identity: Identity | null
  readonly data: JsonObject
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly authenticatedAt: number | null
  readonly expiresAt: number
  readonly ttlMs: number
  readonly deadline: number | null
  readonly version: string
}

export interface StateRow {
  readonly userAgent: string | undefined
  readonly data: JsonObject
  readonly createdAt: number
  readonly expiresAt: number
}

/** What is stored as the data of a session that somebody damaged. */
export const unreadable: JsonObject = Object.freeze({ damaged: true })

export class Storage {
  readonly sessions = new Map<string, Row>()
  readonly states = new Map<string, StateRow>()
  down = false
  /** How the store that wrote first kept ids. */
  ids: 'hashed' | 'plain' | undefined
}

export interface ReferenceOptions {
  now: () => number
  ttl?: Duration | undefined
  maxLifetime?: Duration | null | undefined
  ids?: 'hashed' | 'plain' | undefined
  timeoutMs?: number | undefined
  updateTimeoutMs?: number | undefined
  maxBytes?: number | undefined
  generateId?: (() => string) | undefined
}

/** What the methods of the reference store are made of: rows, and how a session is made of one. */
export class ReferenceRows {
  protected readonly options: ReferenceOptions
  readonly maxLifetime: number | null
  /** What each expiry was when it was given out. */
  protected readonly given = new WeakMap<Date, number>()
  readonly storage: Storage
  protected closed = false
  protected readonly underWay = new Set<Promise<unknown>>()

  constructor(options: ReferenceOptions, storage = new Storage()) {
    this.options = options
    this.storage = storage
    this.maxLifetime = this.maxLifetimeOf(options)
  }

  protected maxLifetimeOf({ maxLifetime, ttl = 1 }: ReferenceOptions): number | null {
    if (maxLifetime === null) return null
    if (maxLifetime === undefined) return durationMs('30d')
    let longest = 0
    try {
      longest = durationMs(maxLifetime)
    } catch {
      throw new SessionError('SESS_CONFIG', 'maxLifetime is no duration')
    }
    if (longest < durationMs(ttl)) throw new SessionError('SESS_CONFIG', 'maxLifetime is below ttl')
    return longest
  }

  protected now(): number {
    return this.options.now()
  }

  protected isLive(row: { expiresAt: number } | undefined): boolean {
    return row !== undefined && row.expiresAt > this.now()
  }

  protected key(id: string): string {
    return this.options.ids === 'plain' ? id : createHash('sha256').update(id).digest('base64url')
  }

  protected handle(key: string): string {
    return createHash('sha256').update(`handle:${key}`).digest('base64url')
  }

  protected newId(): string {
    return this.options.generateId?.() ?? randomBytes(32).toString('base64url')
  }

  protected newVersion(): string {
    return randomUUID()
  }

  protected ttlMs(ttl: Duration | undefined): number {
    return durationMs(ttl ?? this.options.ttl ?? '24h')
  }

  protected clamp(expiresAt: number, deadline: number | null): number {
    return Math.min(expiresAt, deadline ?? expiresAt)
  }

  protected copy<T>(value: T): T {
    return copyJson(value)
  }

  protected checkData(data: unknown): JsonObject {
    checkOptions(data as object)
    checkJson(data, 'data')
    const bytes = Buffer.byteLength(JSON.stringify(data))
    if (bytes > (this.options.maxBytes ?? 1_048_576)) throw new SessionError('SESS_TOO_LARGE', 'the data is too large')
    return this.copy(data)
  }

  protected checkClosed(): void {
    if (this.closed) throw new SessionError('SESS_CLOSED', 'the store is closed')
  }

  protected checkOutage(): void {
    if (this.storage.down) throw new SessionError('SESS_UNAVAILABLE', 'the backend cannot be reached')
  }

  protected checkIds(): void {
    const { ids = 'hashed' } = this.options
    if (this.storage.ids !== undefined && this.storage.ids !== ids) {
      throw new SessionError('SESS_CONFIG', 'the sessions were written with the other setting of ids')
    }
  }

  /** Every method runs inside: up to its first await at the moment of the call. */
  protected async run<T>(action: () => T | Promise<T>): Promise<T> {
    this.checkClosed()
    this.checkOutage()
    this.checkIds()
    const result = (async () => await action())()
    this.underWay.add(result)
    try {
      return await result
    } finally {
      this.underWay.delete(result)
    }
  }

  protected find(id: string): Row | undefined {
    checkString(id, 'id')
    const row = isValidId(id) ? this.storage.sessions.get(this.key(id)) : undefined
    return this.isLive(row) ? row : undefined
  }

  protected write(id: string, row: Row): Session {
    this.storage.sessions.set(this.key(id), row)
    this.storage.ids ??= this.options.ids ?? 'hashed'
    return this.session(id, row)
  }

  protected session(id: string, row: Row): Session {
    return { id, ...this.summary([this.key(id), row]) }
  }

  protected fields(row: Row): Omit<Session, 'id' | 'handle'> {
    const { identity, data, createdAt, lastSeenAt, authenticatedAt, expiresAt, ttlMs, deadline, version } = row
    if (data === unreadable) throw new SessionError('SESS_CORRUPT', 'what is stored is no session')
    return {
      identity: this.copy(identity),
      data: this.copy(data),
      createdAt: new Date(createdAt),
      lastSeenAt: new Date(lastSeenAt),
      authenticatedAt: authenticatedAt === null ? null : new Date(authenticatedAt),
      expiresAt: this.giveExpiry(expiresAt),
      ttlMs,
      deadline: deadline === null ? null : new Date(deadline),
      version,
    }
  }

  protected giveExpiry(ms: number): Date {
    const date = new Date(ms)
    this.given.set(date, ms)
    return date
  }

  protected summary([key, row]: [string, Row]): SessionSummary {
    return { ...this.fields(row), handle: this.handle(key) }
  }

  /** The summaries of those that can be read. */
  protected summaries(rows: readonly [string, Row][]): SessionSummary[] {
    return rows.filter(([, { data }]) => data !== unreadable).map((each) => this.summary(each))
  }

  protected rows(): [string, Row][] {
    return [...this.storage.sessions].filter(([, row]) => this.isLive(row))
  }

  protected rowsOf(ref: IdentityRef): [string, Row][] {
    const { providerId, externalId } = checkRef(ref)
    return this.rows().filter(
      ([, { identity }]) => identity?.providerId === providerId && identity.externalId === externalId,
    )
  }
}
