import { inspect } from 'node:util'
import { type Capabilities, capabilityNames } from '../../src/contract/capabilities.ts'
import { invalidArgument, SessionError } from '../../src/contract/errors.ts'
import type {
  ConsumedState,
  ConsumeStateOptions,
  CreateOptions,
  PutStateOptions,
  TouchOptions,
} from '../../src/contract/method-options.ts'
import type { IdentityRef, Session, SessionInput, SessionSummary } from '../../src/contract/session.ts'
import type { SessionStore } from '../../src/contract/session-store.ts'
import { Changes, inTime } from './reference-changes.ts'
import { checkDate, checkId, checkIdentity, checkOptions, checkString } from './reference-checks.ts'
import { ReferenceRows, type Row, unreadable } from './reference-rows.ts'

export { type ReferenceOptions, type Row, type StateRow, Storage } from './reference-rows.ts'

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
      const until = deadline == null ? null : checkDate(deadline, 'deadline').getTime()
      const row: Row = {
        identity: checkIdentity(identity ?? null),
        data: this.checkData(data),
        createdAt: this.now(),
        expiresAt: this.clamp(this.now() + this.ttlMs(ttl), until),
        deadline: until,
        version: this.newVersion(),
      }
      return this.insert(row)
    })
  }

  protected insert(row: Row): Session | Promise<Session> {
    for (let tries = 0; tries < 4; tries++) {
      const id = this.newId()
      if (!this.find(id)) return this.write(id, row)
    }
    throw new SessionError('SESS_COLLISION', 'every new id was taken')
  }

  save(input: SessionInput): Promise<Session> {
    return this.run(() => {
      const { id, expiresAt, version } = checkOptions(input)
      checkId(id)
      if (version !== undefined) checkString(version, 'version')
      const deadline = input.deadline == null ? null : checkDate(input.deadline, 'deadline').getTime()
      const createdAt = input.createdAt === undefined ? this.now() : checkDate(input.createdAt, 'createdAt').getTime()
      const row: Row = {
        identity: checkIdentity(input.identity ?? null),
        data: this.checkData(input.data ?? {}),
        createdAt,
        expiresAt: this.clamp(checkDate(expiresAt, 'expiresAt').getTime(), deadline),
        deadline,
        version: this.newVersion(),
      }
      return version === undefined ? this.put(id, row) : this.replace(id, { ...row, expiresAt: expiresAt.getTime() })
    })
  }

  protected put(id: string, row: Row): Session | Promise<Session> {
    const session = this.write(id, row)
    if (!this.isLive(row)) this.storage.sessions.delete(this.key(id))
    return session
  }

  protected replace(id: string, row: Row): Session | Promise<Session> {
    const stored = this.find(id)
    if (!stored) throw new SessionError('SESS_GONE', 'the session is gone')
    const { createdAt, deadline } = stored
    return this.put(id, { ...row, createdAt, deadline, expiresAt: this.clamp(row.expiresAt, deadline) })
  }

  load(id: string): Promise<Session | null> {
    return this.run(() => {
      const row = this.find(id)
      return row ? this.session(id, row) : null
    })
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
        const row = {
          ...before,
          identity: checkIdentity(identity ?? null),
          data: this.checkData(data),
          expiresAt: this.clamp(checkDate(expiresAt, 'expiresAt').getTime(), before.deadline),
          version: this.newVersion(),
        }
        const written = this.swap(id, before, row)
        if (written !== 'conflict') return written
      }
      throw new SessionError('SESS_CONFLICT', 'other writers came between at every try')
    })
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
      const ttlMs = this.ttlMs(checkOptions(options).ttl)
      const row = this.find(id)
      return row ? this.extend(id, row, this.clamp(this.now() + ttlMs, row.deadline)) : null
    })
  }

  protected extend(id: string, row: Row, expiresAt: number): Date | Promise<Date | null> {
    if (row.data !== unreadable) return this.write(id, { ...row, expiresAt }).expiresAt
    this.storage.sessions.set(this.key(id), { ...row, expiresAt })
    return new Date(expiresAt)
  }

  rotate(id: string): Promise<Session | null> {
    return this.run(async () => {
      for (let turn = this.turn(id); turn !== undefined; turn = this.turn(id)) await turn
      const row = this.find(id)
      if (!row) return null
      this.session(id, row) // one that can't be read keeps its id
      return await this.move(id, row)
    })
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

  listByIdentity(ref: IdentityRef): Promise<SessionSummary[]> {
    return this.run(() => this.summaries(this.rowsOf(ref).sort(([, a], [, b]) => a.createdAt - b.createdAt)))
  }

  deleteByIdentity(ref: IdentityRef, options: { except?: string } = {}): Promise<number> {
    return this.run(() => {
      const { except } = checkOptions(options)
      const spared = except === undefined ? null : this.key(checkString(except, 'except'))
      const ended = this.rowsOf(ref).filter(([key]) => key !== spared)
      for (const [key] of ended) this.storage.sessions.delete(key)
      return ended.length
    })
  }

  deleteByHandle(handle: string): Promise<boolean> {
    return this.run(() => {
      checkString(handle, 'handle')
      return this.remove(this.rows().find(([key]) => this.handle(key) === handle)?.[0])
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
