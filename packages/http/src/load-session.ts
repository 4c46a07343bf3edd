import { isSessionError, type Session } from '@sess/core'
import type { Settings } from './options.ts'

/** What a request's cookie leads to. */
export interface LoadedSession<Data extends object> {
  readonly session: Session<Data> | null
  /** Ids of sessions that are there and cannot be used. A sign-in and a sign-out end them too. */
  readonly unusableIds: readonly string[]
}

/**
 * The session that the cookie names. Where the cookie came several times, the one that lives counts; of two that live nobody
 * knows which one is the browser's own and which one was planted, so there is none. One that cannot be read is none either.
 */
export async function loadSession<Data extends object>(
  settings: Settings<Data>,
  ids: readonly string[],
  request: Request,
): Promise<LoadedSession<Data>> {
  const unreadable: string[] = []
  const loaded = await Promise.all(
    ids.map(async (id) => {
      try {
        return await loadAndTouch(settings, id)
      } catch (error) {
        if (!isSessionError(error, 'SESS_CORRUPT')) throw error
        settings.onCorrupt(error, request)
        unreadable.push(id)
        return null
      }
    }),
  )
  const [session = null, ...others] = loaded.filter((each) => each !== null)
  if (others.length === 0) return { session, unusableIds: unreadable }
  return { session: null, unusableIds: [...ids] }
}

/** A session in use is touched now and then, and never later than after half of its own idle time. */
async function loadAndTouch<Data extends object>(
  { store, touchMs, now }: Settings<Data>,
  id: string,
): Promise<Session<Data> | null> {
  if (touchMs === undefined) return store.load(id)
  const session = await store.load(id, { touch: touchMs })
  const isHalfOver = session !== null && now() - session.lastSeenAt.getTime() > session.ttlMs / 2
  return isHalfOver ? store.load(id, { touch: Math.floor(session.ttlMs / 2) }) : session
}
