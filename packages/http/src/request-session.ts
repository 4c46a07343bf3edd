import type { ConsumedState, Identity, Session, SessionError, SessionStore } from '@sess/core'
import type { BeginSignInOptions, Device, HttpSession, SignInOptions, SignOutOthersOptions } from './http-session.ts'
import { tokenOf } from './own-pages.ts'
import { asRunning, isInChange } from './running-change.ts'
import { deepFreeze } from './session-data.ts'
import type { SignInStates } from './sign-in-states.ts'
import type { CookieChange, StoredSession } from './stored-session.ts'
import { WriteQueue } from './write-queue.ts'

/** The session as a handler sees it, from its load to the moment before its response leaves. */
export class RequestSession<Data extends object> implements HttpSession<Data> {
  readonly #store: SessionStore<Data>
  readonly #stored: StoredSession<Data>
  readonly #states: SignInStates
  readonly #queue = new WriteQueue()
  #isOver = false
  /** Whether the handler has looked at the session: its response is then this browser's alone. */
  isUsed = false

  constructor(store: SessionStore<Data>, stored: StoredSession<Data>, states: SignInStates) {
    this.#store = store
    this.#stored = stored
    this.#states = states
  }

  get data(): Data {
    this.isUsed = true
    return this.#stored.data.value
  }

  set data(data: Data) {
    if (this.#isOver) throw new TypeError('data cannot change once the response has left')
    if (typeof data !== 'object' || data === null) throw new TypeError('data must be an object')
    this.isUsed = true
    this.#stored.data.replace(data)
  }

  get identity(): Identity | null {
    return deepFreeze(structuredClone(this.#read?.identity ?? null))
  }

  get handle(): string | null {
    return this.#read?.handle ?? null
  }

  get createdAt(): Date | null {
    return this.#read?.createdAt ?? null
  }

  get lastSeenAt(): Date | null {
    return this.#read?.lastSeenAt ?? null
  }

  get authenticatedAt(): Date | null {
    return this.#read?.authenticatedAt ?? null
  }

  get expiresAt(): Date | null {
    const ms = this.#read?.expiresAt.getTime()
    return ms === undefined ? null : new Date(ms)
  }

  get deadline(): Date | null {
    return this.#read?.deadline ?? null
  }

  get csrfToken(): string {
    const id = this.#read?.id
    return id === undefined ? '' : tokenOf(id)
  }

  update(change: Parameters<HttpSession<Data>['update']>[0]): Promise<void> {
    return this.#write(() => this.#stored.update(asRunning(this.#queue, change)))
  }

  signIn(identity: Identity, options: SignInOptions<Data> = {}): Promise<void> {
    return this.#write(() => this.#stored.signIn(identity, options))
  }

  signOut(): Promise<boolean> {
    return this.#write(() => this.#stored.signOut())
  }

  signOutOthers({ keep }: SignOutOthersOptions = {}): Promise<number> {
    return this.#write(async () => {
      const { identity = null, id = '' } = this.#read ?? {}
      if (identity === null) return 0
      return this.#store.deleteByIdentity(identity, keep === undefined ? { except: id } : { except: id, keep })
    })
  }

  async signOutDevice(handle: string): Promise<boolean> {
    if (handle === this.handle) return this.signOut()
    return this.#write(async () => {
      const identity = this.#read?.identity ?? null
      return identity !== null && (await this.#store.deleteByHandle(handle, { identity }))
    })
  }

  async devices(): Promise<Device<Data>[]> {
    const session = this.#read
    if (!session?.identity) return []
    const summaries = await this.#store.listByIdentity(session.identity)
    return summaries.map((summary) => ({ ...summary, isThis: summary.handle === this.#stored.current?.handle }))
  }

  beginSignIn(options: BeginSignInOptions = {}): Promise<string> {
    return this.#write(async () => {
      this.#stored.refuseWhenOver()
      return this.#states.begin(options)
    })
  }

  finishSignIn(state: string | null): Promise<ConsumedState | null> {
    return this.#write(() => this.#states.finish(state))
  }

  /**
   * Writes what is still to be written, once the handler has returned. Resolves with the error of a write that failed at the
   * store; rejects with what a change threw for which nobody has waited.
   */
  async finish(): Promise<SessionError | undefined> {
    const thrown: unknown[] = []
    do {
      if (this.#stored.isChanged) this.#write(() => this.#stored.saveChanges()).catch(() => {})
      thrown.push(...(await this.#queue.settle()))
      // Code of the handler that nobody waits for may have changed more by now.
    } while (this.#stored.isChanged && thrown.length === 0 && this.#queue.failed === undefined)
    this.#close()
    if (thrown.length > 0) throw thrown[0]
    return this.#queue.failed
  }

  /** Ends it without writing what the handler changed in `data`. What was begun before is waited for. */
  async abandon(): Promise<SessionError | undefined> {
    await this.#queue.settle()
    this.#close()
    return this.#queue.failed
  }

  get cookieChange(): CookieChange {
    return this.#stored.cookieChange
  }

  get #read(): Session<Data> | null {
    this.isUsed = true
    return this.#stored.current
  }

  #write<Result>(write: () => Promise<Result>): Promise<Result> {
    this.isUsed = true
    if (isInChange(this.#queue))
      return Promise.reject(new TypeError('a change must not call the session that it changes'))
    return this.#queue.run(write)
  }

  #close(): void {
    this.#isOver = true
    this.#stored.close()
  }
}
