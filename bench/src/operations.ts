import { dayMs } from './sample-session.ts'
import type { StoredSession, Subject } from './subjects/subject.ts'

/**
 * What is measured. `save` writes a session that was loaded before, `upsert` one that was built by hand (to the peers both
 * are the same), `mixed` is the load of a web application: nine loads to a save.
 */
export const operationNames = ['load', 'save', 'upsert', 'touch', 'create-delete', 'mixed'] as const
export type OperationName = (typeof operationNames)[number]

/** Does it once with one session; `turn` counts the caller's operations. */
export type Work = (session: StoredSession, turn: number) => Promise<void>

type Operation = (subject: Subject) => Work | undefined

/** Undefined where the subject cannot do it. */
export const operations: Readonly<Record<OperationName, Operation>> = {
  load: (subject) => (session) => load(subject, session),
  save: (subject) => (session) => save(subject, session),
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
}

/** The same with 64 sessions at once. Only what is a target has its limit measured. */
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
