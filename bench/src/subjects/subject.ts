import type { SampleContent } from '../sample-session.ts'

/**
 * Who is measured: sess; the store that most people use on this engine as its README has it, and tuned where it can be made
 * faster without a change of it; keyv; the driver with one statement for each operation; and batches of 64 written by hand,
 * which are the limit.
 */
export const roles = ['sess', 'peer', 'tuned', 'keyv', 'raw', 'batch'] as const
export type Role = (typeof roles)[number]

/** A session that a subject has stored, with what is known of it. */
export interface StoredSession {
  readonly key: string
  readonly content: SampleContent
  /** What `data.counter` was at the last save. */
  counter: number
  /** The version that sess gave it; the others have none. */
  version?: string
}

/** One way to keep sessions, reduced to what all of them can do. */
export interface Subject {
  /** Stores a new session with the counter 0. */
  create(content: SampleContent, ttlMs?: number): Promise<StoredSession>
  /** The stored session's counter; null where there is none. All of it is fetched and decoded. */
  load(key: string): Promise<number | null>
  /** Writes the session with its present counter. */
  save(session: StoredSession): Promise<void>
  /** Writes it without having loaded it before. Left out: `save` is that already. */
  upsert?(session: StoredSession): Promise<void>
  /** Moves the expiry to `ttlMs` from now. Left out: it cannot. */
  touch?(session: StoredSession, ttlMs: number): Promise<void>
  delete(key: string): Promise<void>
  /** When the session expires, in epoch ms, as the storage says. */
  expiresAt?(key: string): Promise<number | null>
  /** True where a cookie is stored beside the content. Left out: none is. */
  hasCookie?: boolean
  /** Several sessions as one statement. Where these are given, they are what is measured. */
  batch?: Batch
  /** Removes what has expired; resolves with how many. */
  cleanExpired?(): Promise<number>
  /** How much room all that is stored takes, by the engine's own account. */
  bytesAtRest(): Promise<number>
  close(): Promise<void>
}

export interface Batch {
  load(keys: readonly string[]): Promise<(number | null)[]>
  save(sessions: readonly StoredSession[]): Promise<void>
}

/** Where a subject keeps its sessions. Two subjects that are opened at one place share them. */
export interface Place {
  /** The server's URL; empty where there is none. */
  url: string
  /** A folder on a real disk. */
  folder: string
  /** Letters, digits and underscores: names the table, the file or the prefix. */
  namespace: string
  /** The clock of the store, where it can be given one. */
  now?: () => number
}

export interface SubjectDefinition {
  role: Role
  /** The package that it is, or what it does. */
  name: string
  /** The packages whose versions are to be told. */
  packages: readonly string[]
  /** How it is set up, in one line. */
  configuration: string
  open(place: Place): Promise<Subject>
}

/** How many connections each subject may have where it pools them. */
export const poolSize = 10
