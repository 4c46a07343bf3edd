import type { Coalescer } from './coalescer/coalescer.ts'
import type { SessionCodec } from './encoding/session-codec.ts'
import type { GuardedBackend } from './guarded-backend.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import type { UpdateTurns } from './update-turns.ts'

/** What the methods of a store work with. */
export interface StoreParts {
  readonly options: ResolvedOptions
  readonly codec: SessionCodec
  readonly backend: GuardedBackend
  readonly coalescer: Coalescer
  readonly turns: UpdateTurns
  readonly lifecycle: Lifecycle
  /** Tells the application of an error that no caller is waiting for. */
  readonly report: (error: Error) => void
}
