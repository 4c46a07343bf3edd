import type { BackendName } from '../subjects/backends.ts'
import type { Place, Role } from '../subjects/subject.ts'
import type { Bench } from './bench.ts'

/** Which subject a worker is to be, and where. */
export interface Assignment {
  backend: BackendName
  role: Role
  place: Omit<Place, 'now'>
}

/** What the main process asks of a worker, one thing at a time. */
export type Calls = Pick<
  Bench,
  'populate' | 'can' | 'measure' | 'profile' | 'check' | 'cleanUp' | 'eventLoopDelay' | 'bytesAtRest'
>

export type CallName = keyof Calls
export type Argument<Name extends CallName> = Parameters<Calls[Name]>[0]
export type Answer<Name extends CallName> = Awaited<ReturnType<Calls[Name]>>

export type Request = { open: Assignment } | { call: CallName; argument: unknown }
export type Reply = { value: unknown } | { error: string }
