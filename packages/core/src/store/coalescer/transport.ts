import type { SessionRecord, WriteOperation, WriteOutcome } from '../backend.ts'

type Awaitable<T> = T | Promise<T>

/** Reads and writes of the backend. Each returns one outcome per operation, in order. */
export interface Transport {
  /** True once the backend is open. Until then every call returns a promise. */
  readonly isOpen: boolean
  read(keys: readonly string[]): Awaitable<readonly (SessionRecord | Error | null)[]>
  write(operations: readonly WriteOperation[]): Awaitable<readonly WriteOutcome[]>
}
