import { isInvalidArgument, isSessionError, SessionError } from '../contract/errors.ts'
import type { SessionBackend, WriteOperation } from './backend.ts'
import type { Transport } from './coalescer.ts'
import { driverError } from './driver-error.ts'

/** A backend that opens itself at its first use, tells its errors in our terms, and answers in time. */
export class OpenedBackend implements Transport {
  readonly #backend: SessionBackend
  readonly #now: () => number
  readonly #timeoutMs: number
  #opening: Promise<void> | null = null
  isOpen: boolean

  constructor(backend: SessionBackend, now: () => number, timeoutMs: number) {
    this.#backend = backend
    this.#now = now
    this.#timeoutMs = timeoutMs
    this.isOpen = backend.open === undefined
  }

  read(keys: readonly string[]): ReturnType<SessionBackend['read']> {
    return this.isOpen ? this.#backend.read(keys) : this.open().then(() => this.#backend.read(keys))
  }

  write(operations: readonly WriteOperation[]): ReturnType<SessionBackend['write']> {
    return this.isOpen
      ? this.#backend.write(operations, this.#now())
      : this.open().then(() => this.#backend.write(operations, this.#now()))
  }

  /** A call that is no batch. @throws what {@link toError} makes of its failure, `SESS_TIMEOUT` */
  async call<T>(run: (backend: SessionBackend, now: number) => T | Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      const onTime = () =>
        reject(new SessionError('SESS_TIMEOUT', `no answer from the backend within timeoutMs = ${this.#timeoutMs}`))
      timer = setTimeout(onTime, this.#timeoutMs).unref()
    })
    const answer = async () => {
      if (!this.isOpen) await this.open()
      return run(this.#backend, this.#now())
    }
    try {
      return await Promise.race([answer(), late])
    } catch (error) {
      throw this.toError(error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Opens the backend where that has not been done. A failure is not remembered: the next call tries again. */
  open(): Promise<void> {
    this.#opening ??= (async () => {
      try {
        await this.#backend.open?.()
        this.isOpen = true
      } finally {
        this.#opening = null
      }
    })()
    return this.#opening
  }

  async close(): Promise<void> {
    try {
      await this.#opening?.catch(() => {})
      await this.#backend.close()
    } catch (error) {
      throw this.toError(error)
    }
  }

  readonly toError = (error: unknown): Error => {
    // An argument that the caller got wrong is theirs to see as it is.
    if (isSessionError(error) || isInvalidArgument(error)) return error
    return (
      this.#backend.toSessionError?.(error) ??
      driverError('SESS_UNAVAILABLE', `the ${this.#backend.type} backend failed`, error, false)
    )
  }
}
