import type { Batching, SessionBackend } from './backend.ts'
import { Coalescer } from './coalescer/coalescer.ts'
import { SessionCodec } from './encoding/session-codec.ts'
import { GuardedBackend } from './guarded-backend.ts'
import { Lifecycle } from './lifecycle.ts'
import { Pending } from './pending.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import { UpdateTurns } from './update-turns.ts'

const defaultBatching = { maxOperations: 64, readLanes: 2, writeLanes: 2 }
/** Each operation travels alone and waits for no batch. A connection pool bounds how many are really under way. */
const aloneBatching = { maxOperations: 1, readLanes: 64, writeLanes: 64 }

/** The parts that the methods of a store share. */
export interface StoreParts {
  readonly options: ResolvedOptions
  readonly codec: SessionCodec
  readonly backend: GuardedBackend
  readonly coalescer: Coalescer
  readonly turns: UpdateTurns
  readonly lifecycle: Lifecycle
  /** Reports an error that no caller is waiting for to `onBackgroundError`. */
  readonly report: (error: Error) => void
}

export function storeParts(given: SessionBackend, options: ResolvedOptions): StoreParts {
  const { now, timeoutMs, updateTimeoutMs, coalesce } = options
  const pending = new Pending(options)
  const codec = new SessionCodec(options)
  const backend = new GuardedBackend(given, { now, timeoutMs, pending, codec })
  const { immediate, ...batching }: Batching = given.batching ?? defaultBatching
  const coalescer = new Coalescer(backend, {
    ...(coalesce ? batching : aloneBatching),
    ...(immediate !== undefined && { immediate }),
    timeoutMs,
    pending,
    toError: backend.toError,
  })
  return {
    options,
    codec,
    backend,
    coalescer,
    turns: new UpdateTurns(coalescer, updateTimeoutMs),
    lifecycle: new Lifecycle(coalescer),
    report: reporter(options.onBackgroundError),
  }
}

function reporter(onBackgroundError: (error: Error) => void): (error: Error) => void {
  return (error) => {
    try {
      onBackgroundError(error)
    } catch {
      // A listener that throws must not end the process.
    }
  }
}
