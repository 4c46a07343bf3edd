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

/** A backend that opens at its first use, throws `SessionError`s only, and answers within the time-out. */
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

  /** Makes a call that is not a batch. @throws the result of {@link toError} for a failure, `SESS_TIMEOUT`, `SESS_UNAVAILABLE` */
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

  /** Opens the backend unless it is open. After a failure, the next call tries again. */
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

  /** Looks whether the stored sessions have keys of the other form: this store would find none of them. @throws `SESS_CONFIG` */
  async #refuseOtherIds(): Promise<void> {
    const { codec, now } = this.#options
    const page = await this.#backend.scan?.(null, 1, now())
    const isOther = page?.records.some((record) => !(record instanceof Error) && !codec.isOwn(record.key)) ?? false
    if (isOther) {
      throw new SessionError(
        'SESS_CONFIG',
        "the stored sessions were written with the other setting of the option ids ('hashed' or 'plain'), so this store would find none of them",
      )
    }
  }

  /** Closes the backend, within the time-out. @throws the result of {@link toError} for a failure */
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
    // The caller passed a wrong argument and sees the error as it is.
    if (isSessionError(error) || isInvalidArgument(error)) return error
    const known = this.#backend.toSessionError?.(error)
    if (known !== undefined) return known
    // A bug in our own code must not look like a failure of the database.
    if (isProgrammingError(error)) return error
    return unknownDriverError(this.#backend.type, error)
  }
}

/**
 * True for the errors that the JavaScript engine throws for a bug. They have no `code`; errors of a driver or of the system
 * do.
 */
function isProgrammingError(error: unknown): error is Error {
  return (
    (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError) &&
    (error as { code?: unknown }).code === undefined
  )
}
