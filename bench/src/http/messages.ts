import type { BackendName } from '../subjects/backends.ts'
import type { Place } from '../subjects/subject.ts'
import type { HttpRole } from './stores.ts'

/** What a request does with its session: adds one to its counter, or tells the counter. */
export const scenarios = ['change', 'read'] as const
export type Scenario = (typeof scenarios)[number]

/** What the main process asks of a server. */
export interface ServerCalls {
  /** Opens a store and listens. Resolves with the port. */
  open(assignment: { backend: BackendName; role: HttpRole; place: Omit<Place, 'now'> }): Promise<number>
  /** CPU seconds that the process has used so far, on all its threads. */
  cpuSeconds(argument: null): number
}

/** What the main process asks of the load generator. Each role has sessions of its own. */
export interface LoadCalls {
  /** Signs in as many browsers at the server on this port. */
  signIn(argument: { role: HttpRole; port: number; sessions: number }): Promise<void>
  /** Asks over so many connections at once, each of which waits for its answer. */
  measure(argument: {
    role: HttpRole
    scenario: Scenario
    connections: number
    seconds: number
  }): Promise<LoadMeasurement>
}

export interface LoadMeasurement {
  requests: number
  /** How long it really took. */
  seconds: number
  p50Ms: number
  p99Ms: number
}
