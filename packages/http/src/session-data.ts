import { isDeepStrictEqual } from 'node:util'

type Fields = Record<string, unknown>

/** The data that a handler works on, and what it was when it was read. */
export class SessionData<Data extends object> {
  #value: Data
  #base: Data

  constructor(data: Data) {
    this.#value = data
    this.#base = structuredClone(data)
  }

  get value(): Data {
    return this.#value
  }

  /** Takes another object in place of the data. */
  replace(data: Data): void {
    this.#value = data
  }

  get isChanged(): boolean {
    return !isDeepStrictEqual(this.#value, this.#base)
  }

  /** Writes what the handler has changed since it read, key by key, over data that others may have written meanwhile. */
  mergeInto(target: Data): void {
    const [value, base, fields] = [this.#value as Fields, this.#base as Fields, target as Fields]
    for (const key of new Set([...Object.keys(base), ...Object.keys(value)])) {
      if (!Object.hasOwn(value, key)) delete fields[key]
      else if (!Object.hasOwn(base, key) || !isDeepStrictEqual(value[key], base[key]))
        put(fields, key, copyOf(value[key]))
    }
  }

  /** Takes what is stored now. The handler keeps its object, and within it everything that is as it was. */
  refresh(stored: Data): void {
    const [value, fields] = [this.#value as Fields, structuredClone(stored) as Fields]
    for (const key of Object.keys(value)) if (!Object.hasOwn(fields, key)) delete value[key]
    for (const key of Object.keys(fields)) {
      const isThere = Object.hasOwn(value, key)
      if (isThere && isDeepStrictEqual(value[key], fields[key])) continue
      if (isThere) deepFreeze(value[key]) // whoever still holds it must not believe that a change of it is kept
      put(value, key, fields[key])
    }
    this.#base = structuredClone(stored)
  }

  /** From now on a change would be lost, so it throws. */
  freeze(): void {
    deepFreeze(this.#value)
  }
}

/** A copy, so that a change that runs twice begins twice with the same. The store says what of it cannot be stored. */
function copyOf(value: unknown): unknown {
  try {
    return structuredClone(value)
  } catch {
    return value
  }
}

/** Sets an own field, one called `__proto__` too. */
function put(fields: Fields, key: string, value: unknown): void {
  Object.defineProperty(fields, key, { value, writable: true, enumerable: true, configurable: true })
}

export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
