import type { SessionRecord, WriteOperation, WriteOutcome } from '../backend.ts'

type Awaitable<T> = T | Promise<T>

/** The two ways to the backend. Each gives one outcome per operation, in order. */
export interface Transport {
  /** True once the backend is open; until then every call answers with a promise. */
  readonly isOpen: boolean
  read(keys: readonly string[]): Awaitable<readonly (SessionRecord | Error | null)[]>
  write(operations: readonly WriteOperation[]): Awaitable<readonly WriteOutcome[]>
}
