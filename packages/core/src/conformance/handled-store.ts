import type { SessionStore } from '../contract/session-store.ts'

/**
 * The store as cases see it: a promise of it may reject before the case comes to await it, and that must not end the
 * process. What is given out is the promise of the store itself, with a handler on it.
 */
export function handledStore(store: SessionStore): SessionStore {
  return new Proxy({} as SessionStore, { get: (_, name) => handledMember(store, name) })
}

function handledMember(owner: object, name: string | symbol): unknown {
  const member: unknown = Reflect.get(owner, name)
  if (typeof member !== 'function') return member
  return (...args: readonly unknown[]) => handled(Reflect.apply(member, owner, args) as unknown)
}

function handled(result: unknown): unknown {
  if (isObject(result) && typeof result.then === 'function') Promise.resolve(result).catch(() => {})
  else if (isObject(result) && typeof result.next === 'function') return handledItems(result)
  return result
}

/** What `entries` gives: each `next` is a promise of its own. */
function handledItems(items: object): object {
  const proxy: object = new Proxy(
    {},
    { get: (_, name) => (name === Symbol.asyncIterator ? () => proxy : handledMember(items, name)) },
  )
  return proxy
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
