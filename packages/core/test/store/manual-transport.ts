import type { SessionRecord, WriteOperation, WriteOutcome } from '../../src/store/backend.ts'
import { Coalescer, type CoalescerOptions } from '../../src/store/coalescer/coalescer.ts'
import type { Transport } from '../../src/store/coalescer/transport.ts'
import { Pending, type PendingLimits } from '../../src/store/pending.ts'

/** A transport whose answers the test gives, so that every interleaving is forced. */
export class ManualTransport implements Transport {
  readonly isOpen = true
  readonly reads: {
    keys: readonly string[]
    answer(records: (SessionRecord | null)[]): void
    fail(error: Error): void
  }[] = []
  readonly writes: {
    operations: readonly WriteOperation[]
    answer(outcomes: WriteOutcome[]): void
    fail(error: Error): void
  }[] = []

  read(keys: readonly string[]): Promise<(SessionRecord | null)[]> {
    return new Promise((answer, fail) => this.reads.push({ keys, answer, fail }))
  }

  write(operations: readonly WriteOperation[]): Promise<WriteOutcome[]> {
    return new Promise((answer, fail) => this.writes.push({ operations, answer, fail }))
  }
}

export const usual: Omit<CoalescerOptions, 'pending'> = {
  maxOperations: 64,
  readLanes: 1,
  writeLanes: 1,
  timeoutMs: 800,
  toError: (error) => error as Error,
}

export function openCoalescer(
  transport: Transport,
  { maxPending = 1_000, maxPendingBytes = 1_000_000, ...options }: Partial<CoalescerOptions & PendingLimits> = {},
): Coalescer {
  return new Coalescer(transport, { ...usual, pending: new Pending({ maxPending, maxPendingBytes }), ...options })
}

export const record = (key: string, payload = '{}'): SessionRecord => ({
  key,
  version: `version of ${key}`,
  createdAt: 0,
  lastSeenAt: 0,
  expiresAt: 1,
  ttlMs: 1,
  deadline: null,
  identityKey: null,
  payload,
})
export const put = (key: string, payload?: string) => ({ kind: 'put', key, record: record(key, payload) }) as const
export const del = (key: string) => ({ kind: 'delete', key }) as const
export const asIs = <T>(value: T): T => value
/** Until the running microtasks, and a turn of the event loop, are done. */
export const turn = () => new Promise((resolve) => setImmediate(resolve))
