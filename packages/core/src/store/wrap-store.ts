import { invalidArgument } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import type { SessionStore } from '../contract/session-store.ts'
import { isObject } from './encoding/codec.ts'

/**
 * A store that does some things in its own way, and everything else as `store` does: a cache, a log, a limit. What is in
 * `methods` takes the place of the method of that name, for callers of the wrapped store: no method goes through another
 * one's replacement, but `await using`, which calls `close`. A spread (`{ ...store }`) would lose the methods.
 * @throws `TypeError` where either is no object
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
    // Methods belong to their store, whose fields are private.
    if (typeof value === 'function') Object.assign(wrapped, { [name]: value.bind(store) })
    else Object.defineProperty(wrapped, name, { get: () => Reflect.get(store, name), enumerable: true })
  }
  const end = { [Symbol.asyncDispose]: () => wrapped.close() }
  return Object.assign(wrapped, end, definedIn(methods))
}

/** The names of an object's members, its class's and its class's ancestors' included. */
function namesOf(store: object): Set<PropertyKey> {
  const names = new Set<PropertyKey>()
  for (let at: object = store; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Reflect.ownKeys(at)) names.add(name)
  }
  names.delete('constructor')
  return names
}

/** A replacement that is undefined is none. */
function definedIn(methods: object): object {
  return Object.fromEntries(Object.entries(methods).filter(([, method]) => method !== undefined))
}
