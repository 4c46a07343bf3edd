import type { Capabilities } from '../contract/capabilities.ts'
import type { Session } from '../contract/session.ts'
import type { SessionStore } from '../contract/session-store.ts'
import type { ConformanceOpenOptions } from './harness.ts'

/** A capability of the store, or an optional member of the harness. */
export type Requirement = keyof Capabilities | 'peer' | 'dump' | 'damage' | 'move' | 'outage' | 'options'

/** The injected clock. It stands still until a case moves it. */
export interface CaseClock {
  readonly now: () => number
  advance(ms: number): void
  /** The instant `ms` from now. */
  in(ms: number): Date
}

/** What a running case has. All that it opens is closed for it. */
export interface CaseContext {
  readonly store: SessionStore
  /** The store as the harness gave it. A promise of `store` that rejects is never unhandled; one of this one may be. */
  readonly bare: SessionStore
  readonly clock: CaseClock
  readonly seed: number
  /** The most milliseconds of real time that the case may take. */
  readonly limitMs: number
  /** The second client of the same storage; the store itself where the harness has no `openPeer`. */
  peer(): Promise<SessionStore>
  /** A client of the same storage with further options; null where the harness has no `openPeer`. */
  peerWith(options: Omit<ConformanceOpenOptions, 'now'>): Promise<SessionStore | null>
  /** A further client of the same storage each time. */
  anotherPeer(): Promise<SessionStore>
  /** Another store on other storage. */
  open(): Promise<SessionStore>
  /** Calls back before what the case opened is closed, also where the case fails. */
  atEnd(step: () => void): void
  /** An id of the form that stores make, never used before. */
  newId(): string
  /** Saves a session built by hand: under a new id for an hour, unless `fields` say otherwise. */
  put(fields?: Partial<Session>): Promise<Session>
  dump(): Promise<string>
  /** Makes what is stored under an id, or for a state, unreadable. */
  damage(idOrState: string): Promise<void>
  /** Puts the payload of one session in the place of another's. */
  move(fromId: string, toId: string): Promise<void>
  outage(): Promise<{ end(): Promise<void> }>
}

/** One promise of the contract, as data. */
export interface ConformanceCase {
  /** Stable: `group/what-is-promised`. */
  readonly id: string
  readonly group: string
  readonly title: string
  /** What the store and the harness must have, else the case is skipped. */
  readonly requires: readonly Requirement[]
  /** The options of its store beside the clock. */
  readonly options?: () => Omit<ConformanceOpenOptions, 'now'>
  /** Resolves with a reason where the promise can't be looked at in this process: the case is skipped then. */
  // biome-ignore lint/suspicious/noConfusingVoidType: almost every case just ends
  run(context: CaseContext): Promise<string | void>
}

type CaseBody = Omit<ConformanceCase, 'id' | 'group' | 'requires'> & { readonly requires?: readonly Requirement[] }

/** The cases of one group by name; `requires` holds for all of them, beside what each requires itself. */
export function caseGroup(
  group: string,
  requires: readonly Requirement[],
  bodies: Readonly<Record<string, CaseBody>>,
): readonly ConformanceCase[] {
  return Object.entries(bodies).map(([name, body]) => ({
    ...body,
    id: `${group}/${name}`,
    group,
    requires: [...new Set([...requires, ...(body.requires ?? [])])],
  }))
}
