import type { Session } from '../../src/contract/session.ts'
import type { SessionStore } from '../../src/contract/session-store.ts'

/** What a method call can use: a stored session of `person`, its handle, and a stored state. */
export interface Surroundings {
  readonly store: SessionStore
  readonly session: Session
  readonly handle: string
  readonly state: string
}

export const person = { providerId: 'github', externalId: 'the-secret-person' }
export const secretData = { note: 'the-secret-data' }
export const secretAgent = 'the-secret-agent'

/** A call of every method of the contract that asks the backend. */
export const everyMethod: Readonly<Record<string, (surroundings: Surroundings) => Promise<unknown>>> = {
  create: ({ store }) => store.create({ identity: person, data: secretData }),
  save: ({ store, session }) => store.save({ ...session, data: secretData }),
  load: ({ store, session }) => store.load(session.id),
  delete: ({ store, session }) => store.delete(session.id),
  update: ({ store, session }) =>
    store.update(session.id, ({ data }) => {
      data.updated = true
    }),
  touch: ({ store, session }) => store.touch(session.id),
  rotate: ({ store, session }) => store.rotate(session.id),
  exists: ({ store, session }) => store.exists(session.id),
  count: ({ store }) => store.count(),
  cleanExpired: ({ store }) => store.cleanExpired(),
  listByIdentity: ({ store }) => store.listByIdentity(person),
  deleteByIdentity: ({ store }) => store.deleteByIdentity(person),
  deleteByHandle: ({ store, handle }) => store.deleteByHandle(handle),
  putState: ({ store }) => store.putState({ data: secretData, userAgent: secretAgent }),
  consumeState: ({ store, state }) => store.consumeState(state, { userAgent: secretAgent }),
  entries: ({ store }) => store.entries().next(),
  ping: ({ store }) => store.ping(),
}

export async function surroundingsOf(store: SessionStore): Promise<Surroundings> {
  const session = await store.create({ identity: person, data: secretData })
  const [summary] = await store.listByIdentity(person)
  const state = await store.putState({ data: secretData, userAgent: secretAgent })
  return { store, session, handle: summary?.handle ?? '', state }
}
