import { invalidArgument } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import type { SessionStore } from '../contract/session-store.ts'
import { isObject } from './encoding/codec.ts'

/**
 * Returns a store that replaces some methods of `store`, for a cache, a log or a limit. Each entry of `methods` replaces
 * the method of that name for callers of the returned store. The methods of `store` itself never call a replacement, except
 * that `await using` calls `close`. A spread (`{ ...store }`) would lose the methods, because they are on the prototype.
 * @throws `TypeError` where either argument is not an object
 * @example
 * ```ts
 * const measured = wrapStore(store, {
 *   async load(id, options) {
 *     const began = performance.now()
 *     try {
 *       return await store.load(id, options)
 *     } finally {
 *       console.log(`load: ${performance.now() - began} ms`)
 *     }
 *   },
 * })
 * ```
 */
export function wrapStore<Data extends object = JsonObject>(
  store: SessionStore<Data>,
  methods: Partial<SessionStore<Data>>,
): SessionStore<Data> {
  if (!isObject(store)) throw invalidArgument('store must be a session store', 'type')
  if (!isObject(methods)) throw invalidArgument('methods must be an object', 'type')
  const wrapped = {} as SessionStore<Data>
  for (const name of namesOf(store)) {
    const value: unknown = Reflect.get(store, name)
    // A method needs its own store as `this`: the store's fields are private.
    if (typeof value === 'function') Object.assign(wrapped, { [name]: value.bind(store) })
    else Object.defineProperty(wrapped, name, { get: () => Reflect.get(store, name), enumerable: true })
  }
  const end = { [Symbol.asyncDispose]: () => wrapped.close() }
  return Object.assign(wrapped, end, definedIn(methods))
}

/** Returns the names of an object's members, inherited ones included. */
function namesOf(store: object): Set<PropertyKey> {
  const names = new Set<PropertyKey>()
  for (let at: object = store; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Reflect.ownKeys(at)) names.add(name)
  }
  names.delete('constructor')
  return names
}

/** Drops replacements that are undefined. */
function definedIn(methods: object): object {
  return Object.fromEntries(Object.entries(methods).filter(([, method]) => method !== undefined))
}
