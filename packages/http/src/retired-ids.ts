import type { SessionStore } from '@sess/core'
import { derive } from './derive.ts'

/** How long a late request with an old cookie is known for what it is. */
const rememberedFor = '1m'

type States = Pick<SessionStore, 'capabilities' | 'putState' | 'consumeState'>

/**
 * Remembers an id that is about to end. A request that was sent with it and arrives later must not begin a new session: its
 * cookie would overwrite the newer one, which the browser has by then.
 */
export async function retire(store: States, id: string): Promise<void> {
  if (store.capabilities.states) await store.putState({ state: nameOf(id), ttl: rememberedFor })
}

/** Whether one of the ids ended a moment ago. */
export async function isRetired(store: States, ids: readonly string[]): Promise<boolean> {
  if (!store.capabilities.states) return false
  for (const id of ids) {
    if ((await store.consumeState(nameOf(id))) === null) continue
    await retire(store, id) // it was given out, and the next late request must find it too
    return true
  }
  return false
}

function nameOf(id: string): string {
  return `retired:${derive(id, 'retired')}`
}
