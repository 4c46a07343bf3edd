import { inspect } from 'node:util'
import { type Capabilities, capabilityNames } from '../../src/contract/capabilities.ts'
import { durationMs } from '../../src/contract/durations.ts'
import { invalidArgument, SessionError, type SessionErrorCode } from '../../src/contract/errors.ts'
import type { JsonObject } from '../../src/contract/json.ts'
import type {
  ConsumedState,
  ConsumeStateOptions,
  CreateOptions,
  DeleteByHandleOptions,
  DeleteByIdentityOptions,
  ListOptions,
  LoadOptions,
  PutStateOptions,
  RotateOptions,
  SaveOptions,
  SummaryChange,
  TouchOptions,
} from '../../src/contract/method-options.ts'
import type { Identity, IdentityRef, Session, SessionInput, SessionSummary } from '../../src/contract/session.ts'
import type { SessionStore } from '../../src/contract/session-store.ts'
import { Changes, inTime } from './reference-changes.ts'
import {
  checkCondition,
  checkCount,
  checkDate,
  checkDuration,
  checkExpiry,
  checkFuture,
  checkId,
  checkIdentity,
  checkOptions,
  checkString,
  isSamePerson,
} from './reference-checks.ts'
import { ReferenceRows, type Row, unreadable } from './reference-rows.ts'

export { type ReferenceOptions, type Row, type StateRow, Storage } from './reference-rows.ts'

/** What a rotation is to change. */
export interface Rotation {
  readonly identity: Identity | null | undefined
  readonly data: JsonObject | undefined
  readonly deadline?: Date | null | undefined
  readonly ttlMs: number
}

type Change = (session: Session) => Session | undefined | Promise<Session | undefined>

/**
 * The whole contract in plain maps, written apart from the stores of this repository: the suite must pass it, and fail
 * every store made from it by breaking one thing. Each protected method is such a thing.
 */
export class ReferenceStore extends ReferenceRows implements SessionStore {
  readonly capabilities: Capabilities = Object.freeze(
    Object.fromEntries(capabilityNames.map((name) => [name, true])) as unknown as Capabilities,
  )
  protected readonly changes = new Changes()

  create(options: CreateOptions = {}): Promise<Session> {
    return this.run(() => {
      const { identity, data = {}, ttl, deadline } = checkOptions(options)
      const ttlMs = this.ttlMs(ttl)
      const until = this.limit(deadline)
      const who = checkIdentity(identity ?? null)
      const now = this.now()
      const row: Row = {
        identity: who,
        data: this.checkData(data),
        createdAt: now,
        lastSeenAt: now,
        authenticatedAt: who && now,
        expiresAt: this.clamp(now + ttlMs, until),
        ttlMs,
        deadline: until,
        version: this.newVersion(),
      }
      return this.insert(row)
    })
  }

  /** The absolute limit of a session that begins now. */
  protected limit(deadline: Date | null | undefined): number | null {
    if (deadline === undefined) return this.maxLifetime === null ? null : this.now() + this.maxLifetime
    if (deadline === null) return null
    return checkFuture(deadline, 'deadline', this.now())
  }

  protected insert(row: Row): Session | Promise<Session> {
    for (let tries = 0; tries < 4; tries++) {
      const id = this.newId()
      if (!this.find(id)) return this.write(id, row)
    }
    throw new SessionError('SESS_COLLISION', 'every new id was taken')
  }

  save(input: SessionInput, options: SaveOptions = {}): Promise<Session> {
    return this.run(() => {
      const { id, expiresAt, version, ttlMs } = checkOptions(input)
      const condition = checkCondition(checkOptions(options).if)
      checkId(id)
      if (version !== undefined) checkString(version, 'version')
      if (condition === 'unchanged' && version === undefined) throw invalidArgument('a version is needed')
      const checkLimit = version !== undefined && condition !== 'absent' ? checkDate : checkFuture
      const deadline = input.deadline == null ? null : Number(checkLimit(input.deadline, 'deadline', this.now()))
      const createdAt = input.createdAt === undefined ? this.now() : checkDate(input.createdAt, 'createdAt').getTime()
      const { authenticatedAt: signedIn } = input
      const until = expiresAt === undefined ? this.now() + this.ttlMs(undefined) : checkExpiry(expiresAt, this.now())
      const row: Row = {
        identity: checkIdentity(input.identity ?? null),
        data: this.checkData(input.data ?? {}),
        createdAt,
        lastSeenAt: this.now(),
        authenticatedAt: signedIn == null ? null : checkDate(signedIn, 'authenticatedAt').getTime(),
        expiresAt: until,
        ttlMs: ttlMs === undefined ? this.timeLeft(until, deadline) : checkDuration(ttlMs),
        deadline,
        version: this.newVersion(),
      }
      const whole = { ...row, expiresAt: this.clamp(until, deadline) }
      const stored = this.find(id)
      if (condition === 'absent' && stored) return this.refuse('SESS_CONFLICT')
      if (version === undefined || condition === 'absent') {
        return condition === 'exists' && !stored ? this.refuseGone(id) : this.put(id, whole)
      }
      if (condition === 'unchanged' && stored && stored.version !== version) return this.refuse('SESS_CONFLICT')
      return this.replace(id, row, expiresAt !== undefined && this.isMoved(expiresAt))
    })
  }

  protected timeLeft(until: number, deadline: number | null): number {
    return Math.max(1, this.clamp(until, deadline) - this.now())
  }

  protected refuse(code: SessionErrorCode): never {
    throw new SessionError(code, 'the condition of the save does not hold')
  }

  protected refuseGone(id: string): never {
    const reason = this.storage.sessions.has(this.key(id)) ? 'expired' : 'absent'
    throw new SessionError('SESS_GONE', 'the session is gone', { reason })
  }

  protected isMoved(expiresAt: Date): boolean {
    return this.given.get(expiresAt) !== expiresAt.getTime()
  }

  protected put(id: string, row: Row): Session | Promise<Session> {
    const session = this.write(id, row)
    if (!this.isLive(row)) this.storage.sessions.delete(this.key(id))
    return session
  }

  protected replace(id: string, row: Row, isMoved = true): Session | Promise<Session> {
    const stored = this.find(id)
    if (!stored) return this.refuseGone(id)
    const { createdAt, deadline, ttlMs } = stored
    const asked = isMoved ? row.expiresAt : stored.expiresAt
    return this.put(id, { ...row, createdAt, deadline, ttlMs, expiresAt: this.clamp(asked, deadline) })
  }

  load(id: string, options: LoadOptions = {}): Promise<Session | null> {
    return this.run(() => {
      const { touch } = checkOptions(options)
      const afterMs = touch === undefined ? Number.POSITIVE_INFINITY : durationMs(touch)
      const row = this.find(id)
      if (!row) return null
      const session = this.session(id, row)
      return this.now() - row.lastSeenAt > afterMs ? this.touched(id, row, row.ttlMs) : session
    })
  }

  protected touched(id: string, row: Row, ttlMs: number): Session | Promise<Session | null> {
    const expiresAt = this.clamp(this.now() + ttlMs, row.deadline)
    return this.write(id, { ...row, expiresAt, lastSeenAt: this.now() })
  }

  delete(id: string): Promise<boolean> {
    return this.run(() => this.remove(this.find(id) && this.key(id)))
  }

  protected remove(key: string | undefined): boolean | Promise<boolean> {
    return key !== undefined && this.storage.sessions.delete(key)
  }

  update(id: string, change: Change): Promise<Session | null> {
    return this.run(async () => {
      if (typeof change !== 'function') throw invalidArgument('change is a function')
      for (let tries = 0; tries < 100; tries++) {
        for (let turn = this.turn(id); turn !== undefined; turn = this.turn(id)) await turn
        const before = this.find(id)
        if (!before) return null
        const given = this.session(id, before)
        const pending = this.call(id, change, given)
        const altered = (pending instanceof Promise ? await pending : pending) ?? given
        const { identity, data, expiresAt } = checkOptions(altered)
        if (altered.id !== id) throw invalidArgument('an update keeps the id')
        const who = checkIdentity(identity ?? null)
        const row = {
          ...before,
          identity: who,
          data: this.checkData(data),
          lastSeenAt: this.now(),
          authenticatedAt: this.signedIn(before, who),
          expiresAt: this.clamp(checkExpiry(expiresAt, this.now()), before.deadline),
          version: this.newVersion(),
        }
        const written = this.swap(id, before, row)
        if (written !== 'conflict') return written
      }
      throw new SessionError('SESS_CONFLICT', 'other writers came between at every try')
    })
  }

  /** An update signs nobody in. */
  protected signedIn(before: Row, who: Identity | null): number | null {
    return isSamePerson(before.identity, who) ? before.authenticatedAt : null
  }

  /** Resolves when an async change of somebody else that runs on the session has ended; undefined where none does. */
  protected turn(id: string): Promise<void> | undefined {
    const [other] = this.changes.othersOn(this.key(checkString(id, 'id')))
    return other && inTime(this.options.timeoutMs ?? 5_000, other, 'a change of the same session did not end')
  }

  protected call(id: string, change: Change, given: Session): ReturnType<Change> {
    return this.changes.run(this.key(id), this.options.updateTimeoutMs ?? 30_000, () => change(given))
  }

  protected swap(id: string, before: Row, row: Row): Session | null | 'conflict' {
    const current = this.find(id)
    if (!current) return null
    if (current.version !== before.version) return 'conflict'
    return this.write(id, { ...row, expiresAt: this.kept(before, row, current) })
  }

  /** The expiry that the change gave, or the stored one where it moved none. */
  protected kept(before: Row, row: Row, current: Row): number {
    return row.expiresAt === before.expiresAt ? current.expiresAt : row.expiresAt
  }

  touch(id: string, options: TouchOptions = {}): Promise<Date | null> {
    return this.run(() => {
      const { ttl } = checkOptions(options)
      const ttlMs = ttl === undefined ? null : this.ttlMs(ttl)
      const row = this.find(id)
      return row ? this.extend(id, row, this.clamp(this.now() + (ttlMs ?? this.idleTime(row)), row.deadline)) : null
    })
  }

  protected idleTime(row: Row): number {
    return row.ttlMs
  }

  protected extend(id: string, row: Row, expiresAt: number): Date | Promise<Date | null> {
    this.storage.sessions.set(this.key(id), { ...row, expiresAt, lastSeenAt: this.now() })
    return new Date(expiresAt)
  }

  rotate(id: string, options: RotateOptions = {}): Promise<Session | null> {
    return this.run(async () => {
      const given = checkOptions(options)
      const ttlMs = given.ttl === undefined ? null : this.ttlMs(given.ttl)
      const identity = given.identity === undefined ? undefined : checkIdentity(given.identity)
      const data = given.data === undefined ? undefined : this.checkData(given.data)
      if (given.deadline != null) checkFuture(given.deadline, 'deadline', this.now())
      for (let turn = this.turn(id); turn !== undefined; turn = this.turn(id)) await turn
      const row = this.find(id)
      if (!row) return null
      this.session(id, row) // one that can't be read keeps its id
      return await this.move(id, this.rotated(row, { ...given, identity, data, ttlMs: ttlMs ?? row.ttlMs }))
    })
  }

  protected rotated(row: Row, given: Rotation): Row {
    const { identity = row.identity, data = row.data, deadline, ttlMs } = given
    const isSignIn = given.identity != null
    const until = isSignIn ? this.limit(deadline) : this.earlier(row.deadline, deadline)
    const isNew = given.identity !== undefined || given.data !== undefined
    return {
      ...row,
      identity,
      data,
      lastSeenAt: this.now(),
      authenticatedAt: isSignIn ? this.now() : given.identity === null ? null : row.authenticatedAt,
      expiresAt: this.clamp(isSignIn ? this.now() + ttlMs : row.expiresAt, until),
      ttlMs,
      deadline: until,
      version: isNew ? this.newVersion() : row.version,
    }
  }

  protected earlier(stored: number | null, given: Date | null | undefined): number | null {
    return given == null ? stored : Math.min(given.getTime(), stored ?? Number.POSITIVE_INFINITY)
  }

  protected async move(id: string, row: Row): Promise<Session> {
    const session = this.insert(row)
    this.storage.sessions.delete(this.key(id))
    return session
  }

  exists(id: string): Promise<boolean> {
    return this.run(() => this.find(id) !== undefined)
  }

  count(): Promise<number> {
    return this.run(() => this.rows().length)
  }

  cleanExpired(): Promise<number> {
    return this.run(() => {
      for (const [key, state] of this.storage.states) if (!this.isLive(state)) this.storage.states.delete(key)
      const expired = [...this.storage.sessions].filter(([, row]) => !this.isLive(row))
      for (const [key] of expired) this.storage.sessions.delete(key)
      return expired.length
    })
  }

  listByIdentity(ref: IdentityRef, options: ListOptions = {}): Promise<SessionSummary[]> {
    return this.run(() => {
      const { limit = 1_000 } = checkOptions(options)
      checkCount(limit, 1)
      const summaries = this.summaries(this.rowsOf(ref).sort(([, a], [, b]) => a.createdAt - b.createdAt))
      return this.limited(summaries, limit)
    })
  }

  protected limited(summaries: SessionSummary[], limit: number): SessionSummary[] {
    return summaries.slice(0, limit)
  }

  updateByIdentity(ref: IdentityRef, change: SummaryChange): Promise<number> {
    return this.run(async () => {
      if (typeof change !== 'function') throw invalidArgument('change is a function')
      const done = new Set<string>()
      const failures: unknown[] = []
      let written = 0
      for (let left = this.leftToUpdate(ref, done); left.length > 0; left = this.leftToUpdate(ref, done)) {
        const [[key, before]] = left as [[string, Row]]
        const { id: _none, ...given } = this.session('', before)
        const summary = { ...given, handle: this.handle(key) }
        let changed: SessionSummary
        try {
          changed = (await change(summary)) ?? summary
        } catch (error) {
          failures.push(error)
          done.add(before.version)
          if (this.stopsAtFailures()) break
          continue
        }
        const { identity, data, expiresAt } = checkOptions(changed)
        const who = checkIdentity(identity)
        const row = {
          ...before,
          identity: who,
          data: this.checkData(data),
          lastSeenAt: this.now(),
          authenticatedAt: this.signedIn(before, who),
          expiresAt: this.clamp(expiresAt.getTime(), before.deadline),
          version: this.newVersion(),
        }
        if (this.storage.sessions.get(key)?.version !== before.version) continue
        this.storage.sessions.set(key, row)
        written += 1
        done.add(row.version)
      }
      if (failures.length > 0) throw failures[0]
      return written
    })
  }

  protected stopsAtFailures(): boolean {
    return false
  }

  protected leftToUpdate(ref: IdentityRef, done: ReadonlySet<string>): [string, Row][] {
    return this.rowsOf(ref).filter(([, row]) => row.data !== unreadable && !done.has(row.version))
  }

  deleteByIdentity(ref: IdentityRef, options: DeleteByIdentityOptions = {}): Promise<number> {
    return this.run(() => {
      const { except, keep = 0 } = checkOptions(options)
      const spared = except === undefined ? null : this.key(checkString(except, 'except'))
      const ended = this.older(this.rowsOf(ref), checkCount(keep, 0), spared)
      for (const [key] of ended) this.storage.sessions.delete(key)
      return ended.length
    })
  }

  /** All but the newest, of which the spared one is one. */
  protected older(rows: [string, Row][], keep: number, spared: string | null): [string, Row][] {
    const others = rows.filter(([key]) => key !== spared).sort(([, a], [, b]) => this.byAge(a, b))
    return others.slice(Math.max(0, keep - (rows.length - others.length)))
  }

  /** The newest first. */
  protected byAge(a: Row, b: Row): number {
    return (b.authenticatedAt ?? 0) - (a.authenticatedAt ?? 0) || b.createdAt - a.createdAt
  }

  deleteByHandle(handle: string, options: DeleteByHandleOptions = {}): Promise<boolean> {
    return this.run(() => {
      checkString(handle, 'handle')
      const { identity } = checkOptions(options)
      const mine = identity === undefined ? this.rows() : this.rowsOf(identity)
      return this.remove(mine.find(([key]) => this.handle(key) === handle)?.[0])
    })
  }

  deleteAll(): Promise<number> {
    return this.run(() => {
      const live = this.rows().length
      this.storage.sessions.clear()
      return live
    })
  }

  putState(options: PutStateOptions = {}): Promise<string> {
    return this.run(() => {
      const { state = this.newId(), userAgent, data = {}, ttl = '10m' } = checkOptions(options)
      checkId(state)
      if (userAgent !== undefined) checkString(userAgent, 'userAgent')
      const [createdAt, expiresAt] = [this.now(), this.now() + this.ttlMs(ttl)]
      this.storage.states.set(this.key(state), { userAgent, data: this.checkData(data), createdAt, expiresAt })
      return state
    })
  }

  consumeState(state: string, options: ConsumeStateOptions = {}): Promise<ConsumedState | null> {
    return this.run(() => {
      const { userAgent } = checkOptions(options)
      if (userAgent !== undefined) checkString(userAgent, 'userAgent')
      return this.take(this.key(checkString(state, 'state')), userAgent)
    })
  }

  protected take(key: string, userAgent: string | undefined): ConsumedState | null | Promise<ConsumedState | null> {
    const row = this.storage.states.get(key)
    this.storage.states.delete(key)
    if (!row || !this.isLive(row) || !this.isSameAgent(row.userAgent, userAgent)) return null
    if (row.data === unreadable) throw new SessionError('SESS_CORRUPT', 'what is stored is no state')
    return { data: this.copy(row.data), createdAt: new Date(row.createdAt) }
  }

  protected isSameAgent(bound: string | undefined, given: string | undefined): boolean {
    return bound === undefined || bound === given
  }

  async *entries(): AsyncGenerator<SessionSummary, undefined, undefined> {
    const summaries = await this.run(() => this.summaries(this.rows()))
    for (const [n, summary] of summaries.entries()) {
      if (n > 0) this.checkClosed()
      yield summary
    }
  }

  ping(): Promise<void> {
    return this.run(() => {})
  }

  async close(): Promise<void> {
    this.closed = true
    await Promise.allSettled([...this.underWay])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  damage(idOrState: string): void {
    const key = this.key(idOrState)
    const row = this.storage.sessions.get(key)
    if (row) this.storage.sessions.set(key, { ...row, data: unreadable })
    const state = this.storage.states.get(key)
    if (state) this.storage.states.set(key, { ...state, data: unreadable })
  }

  dump(): string {
    return inspect(this.storage, { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null })
  }
}
