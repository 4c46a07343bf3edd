import type { SessionStore } from '@sess/core'
import { derive } from './derive.ts'

/** How long a late request with an old cookie is known for what it is. */
const rememberedMs = 60_000

type States = Pick<SessionStore, 'capabilities' | 'putState' | 'consumeState'>
type Clock = () => number

/**
 * Remembers an id that is about to end. A request that was sent with it and arrives later must not begin a new session: its
 * cookie would overwrite the newer one, which the browser has by then.
 */
export async function retire(store: States, id: string, now: Clock): Promise<void> {
  if (store.capabilities.states) await remember(store, nameOf(id), now() + rememberedMs, now)
}

/** Whether one of the ids ended less than a minute ago. Asking does not lengthen the minute. */
export async function isRetired(store: States, ids: readonly string[], now: Clock): Promise<boolean> {
  if (!store.capabilities.states) return false
  for (const id of ids) if (await look(store, nameOf(id), now)) return true
  return false
}

/** A look takes the state out for a moment, so requests that come at once share one. */
const looking = new WeakMap<object, Map<string, Promise<boolean>>>()

function look(store: States, name: string, now: Clock): Promise<boolean> {
  const looks = looking.get(store) ?? new Map<string, Promise<boolean>>()
  looking.set(store, looks)
  const answer = looks.get(name) ?? takeAndPutBack(store, name, now).finally(() => looks.delete(name))
  looks.set(name, answer)
  return answer
}

async function takeAndPutBack(store: States, name: string, now: Clock): Promise<boolean> {
  // Where it is not there, another process may have it out for a look: it is back by the second time.
  const found = (await store.consumeState(name)) ?? (await store.consumeState(name))
  if (found === null) return false
  await remember(store, name, Number(found.data.until), now)
  return true
}

async function remember(store: States, state: string, until: number, now: Clock): Promise<void> {
  const ttl = until - now()
  if (ttl > 0) await store.putState({ state, data: { until }, ttl })
}

function nameOf(id: string): string {
  return `retired:${derive(id, 'retired')}`
}
