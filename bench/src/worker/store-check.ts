import { assertCounter, type OperationName } from '../operations.ts'
import { dayMs, type SampleContent } from '../sample-session.ts'
import type { StoredSession, Subject } from '../subjects/subject.ts'

interface StoreCheck {
  subject: Subject
  /** The same place, opened a second time. */
  checker: Subject
  sessions: readonly StoredSession[]
  content: SampleContent
  /** What was measured. */
  operation: OperationName
}

/** How many of the sessions are looked at. */
const sampleSize = 256

/**
 * Rejects unless a second view of the storage finds every sampled session with the counter that was saved last, a new one
 * that was created, none that was deleted, and the expiry where a touch has put it.
 */
export async function checkStore({ subject, checker, sessions, content, operation }: StoreCheck): Promise<void> {
  const step = Math.max(1, Math.floor(sessions.length / sampleSize))
  for (let index = 0; index < sessions.length; index += step) {
    const session = sessions[index] as StoredSession
    assertCounter(session, await checker.load(session.key))
  }

  const fresh = await subject.create(content)
  assertCounter(fresh, await checker.load(fresh.key))
  if (operation === 'touch') await checkTouch(subject, checker, fresh)
  await subject.delete(fresh.key)
  if ((await checker.load(fresh.key)) !== null) throw new Error('a deleted session was loaded')
}

/** Stores that count in seconds may be off by one. */
const roundingMs = 2_000

async function checkTouch(subject: Subject, checker: Subject, session: StoredSession): Promise<void> {
  const ttlMs = 2 * dayMs
  const before = Date.now()
  await subject.touch?.(session, ttlMs)
  const expiresAt = (await checker.expiresAt?.(session.key)) ?? 0
  if (expiresAt < before + ttlMs - roundingMs || expiresAt > Date.now() + ttlMs + roundingMs) {
    throw new Error(`a touch for ${ttlMs} ms left ${expiresAt - before} ms`)
  }
}
