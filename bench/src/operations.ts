import { dayMs } from './sample-session.ts'
import type { StoredSession, Subject } from './subjects/subject.ts'

/**
 * What is measured. `save` writes a session that was loaded before, `upsert` one that was built by hand (to the peers both
 * are the same), `mixed` is the load of a web application: nine loads to a save. In turns, each operation begins in a turn
 * of the event loop of its own, as the requests of a server do; else all that were answered together go on together.
 */
export const operationNames = [
  'load',
  'save',
  'upsert',
  'touch',
  'create-delete',
  'mixed',
  'load-in-turns',
  'save-in-turns',
] as const
export type OperationName = (typeof operationNames)[number]

/** Does it once with one session; `turn` counts the caller's operations. */
export type Work = (session: StoredSession, turn: number) => Promise<void>

type Operation = (subject: Subject) => Work | undefined

const loads: Operation = (subject) => (session) => load(subject, session)
const saves: Operation = (subject) => (session) => save(subject, session)

/** Undefined where the subject cannot do it. */
export const operations: Readonly<Record<OperationName, Operation>> = {
  load: loads,
  save: saves,
  upsert: (subject) => (session) => {
    session.counter += 1
    return subject.upsert ? subject.upsert(session) : subject.save(session)
  },
  touch: ({ touch }) => touch && ((session) => touch(session, dayMs)),
  'create-delete': (subject) => async (session) => {
    const { key } = await subject.create(session.content)
    await subject.delete(key)
  },
  mixed: (subject) => (session, turn) => (turn % 10 === 9 ? save(subject, session) : load(subject, session)),
  'load-in-turns': loads,
  'save-in-turns': saves,
}

export const inTurns: ReadonlySet<OperationName> = new Set(['load-in-turns', 'save-in-turns'])

/** How many sessions travel together in a batch written by hand. */
export const batchSize = 64

/** The same with so many sessions at once. */
export const batchOperations = {
  async load({ load: loadMany }: NonNullable<Subject['batch']>, sessions: readonly StoredSession[]) {
    const counters = await loadMany(sessions.map(({ key }) => key))
    sessions.forEach((session, index) => {
      assertCounter(session, counters[index] ?? null)
    })
  },
  async save({ save: saveMany }: NonNullable<Subject['batch']>, sessions: readonly StoredSession[]) {
    for (const session of sessions) session.counter += 1
    await saveMany(sessions)
  },
} as const

/** Each load is checked: a store that is fast because it finds nothing is not measured. */
async function load(subject: Subject, session: StoredSession): Promise<void> {
  assertCounter(session, await subject.load(session.key))
}

function save(subject: Subject, session: StoredSession): Promise<void> {
  session.counter += 1
  return subject.save(session)
}

export function assertCounter({ counter }: StoredSession, found: number | null): void {
  if (found === counter) return
  throw new Error(
    found === null ? 'a stored session was not found' : `counter ${counter} was saved, ${found} was loaded`,
  )
}
