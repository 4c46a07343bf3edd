import { isInvalidArgument, isSessionError, SessionError } from '../contract/errors.ts'
import type { SessionBackend, WriteOperation } from './backend.ts'
import type { Transport } from './coalescer/transport.ts'
import { unknownDriverError } from './driver-error.ts'
import type { SessionCodec } from './encoding/session-codec.ts'
import { lateError } from './late-error.ts'
import type { Pending } from './pending.ts'
import { Timeouts, withinTime } from './timeouts.ts'

export interface GuardedBackendOptions {
  readonly now: () => number
  readonly timeoutMs: number
  readonly pending: Pending
  readonly codec: SessionCodec
}

/** A backend that opens itself at its first use, tells its errors in our terms, and answers in time. */
export class GuardedBackend implements Transport {
  readonly #backend: SessionBackend
  readonly #options: GuardedBackendOptions
  readonly #timeouts: Timeouts
  #opening: Promise<void> | null = null
  isOpen: boolean

  constructor(backend: SessionBackend, options: GuardedBackendOptions) {
    this.#backend = backend
    this.#options = options
    this.#timeouts = new Timeouts(options.timeoutMs)
    this.isOpen = backend.open === undefined && backend.scan === undefined
  }

  read(keys: readonly string[]): ReturnType<SessionBackend['read']> {
    return this.isOpen ? this.#backend.read(keys) : this.open().then(() => this.#backend.read(keys))
  }

  write(operations: readonly WriteOperation[]): ReturnType<SessionBackend['write']> {
    return this.isOpen
      ? this.#backend.write(operations, this.#options.now())
      : this.open().then(() => this.#backend.write(operations, this.#options.now()))
  }

  /** A call that is no batch. @throws what {@link toError} makes of its failure, `SESS_TIMEOUT`, `SESS_UNAVAILABLE` */
  async call<T>(run: (backend: SessionBackend, now: number) => T | Promise<T>): Promise<T> {
    const { pending, timeoutMs } = this.#options
    const refused = pending.enter(0)
    if (refused !== null) throw refused
    const answer = async () => {
      if (!this.isOpen) await this.open()
      return run(this.#backend, this.#options.now())
    }
    try {
      return await withinTime(this.#timeouts, answer(), () => lateError(timeoutMs))
    } catch (error) {
      throw this.toError(error)
    } finally {
      pending.leave(0)
    }
  }

  /** Opens the backend where that has not been done. A failure is not remembered: the next call tries again. */
  open(): Promise<void> {
    this.#opening ??= (async () => {
      try {
        await this.#backend.open?.()
        await this.#refuseOtherIds()
        this.isOpen = true
      } finally {
        this.#opening = null
      }
    })()
    return this.#opening
  }

  /** A store that looks for its sessions under the other form of keys would find nobody signed in. @throws `SESS_CONFIG` */
  async #refuseOtherIds(): Promise<void> {
    const { codec, now } = this.#options
    const page = await this.#backend.scan?.(null, 1, now())
    const isOther = page?.records.some((record) => !(record instanceof Error) && !codec.isOwn(record.key)) ?? false
    if (isOther) {
      throw new SessionError(
        'SESS_CONFIG',
        "these sessions were written with the other setting of ids ('hashed' or 'plain'); nobody would stay signed in",
      )
    }
  }

  /** Closes the backend; a server that is silent holds nobody up. @throws what {@link toError} makes of its failure */
  async close(): Promise<void> {
    const closing = async () => {
      await this.#opening?.catch(() => {})
      await this.#backend.close()
    }
    try {
      await withinTime(this.#timeouts, closing(), () => lateError(this.#options.timeoutMs))
    } catch (error) {
      throw this.toError(error)
    }
  }

  readonly toError = (error: unknown): Error => {
    // An argument that the caller got wrong is theirs to see as it is.
    if (isSessionError(error) || isInvalidArgument(error)) return error
    const known = this.#backend.toSessionError?.(error)
    if (known !== undefined) return known
    // A mistake in our own code is told as that, and not as the database's.
    if (isProgrammingError(error)) return error
    return unknownDriverError(this.#backend.type, error)
  }
}

/** What the engine throws for a mistake in code: such an error has no `code` of a driver or of the system. */
function isProgrammingError(error: unknown): error is Error {
  return (
    (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError) &&
    (error as { code?: unknown }).code === undefined
  )
}
