import { isDeepStrictEqual } from 'node:util'

type Fields = Record<string, unknown>

/** The data that a handler works on, and what it was when it was read. */
export class SessionData<Data extends object> {
  #value: Data
  /** What is stored, as far as is known here. */
  #base: Data
  /** What the value was when its changes were last handed to the store. */
  #handed: Data

  constructor(data: Data) {
    this.#value = data
    this.#base = copyOf(data)
    this.#handed = this.#base
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

  /** The data for a write of the store. What the handler changes after this is not in that write. */
  hand(): Data {
    this.#handed = copyOf(this.#value)
    return this.#handed
  }

  /** Writes what the handler has changed since it read, key by key, over data that others may have written meanwhile. */
  mergeInto(target: Data): void {
    const [value, base, fields] = [this.hand() as Fields, this.#base as Fields, target as Fields]
    for (const key of keysOf(base, value)) {
      if (isSame(value, base, key)) continue
      if (Object.hasOwn(value, key)) put(fields, key, copyOf(value[key]))
      else delete fields[key]
    }
  }

  /**
   * Takes what is stored now. The handler keeps its object, and in it every value that is as it was; what it has changed since
   * the data was handed over is still to be written.
   */
  refresh(stored: Data): void {
    const [value, handed, fields] = [this.#value as Fields, this.#handed as Fields, copyOf(stored) as Fields]
    for (const key of keysOf(value, fields)) {
      if (!isSame(value, handed, key) || isSame(value, fields, key)) continue
      deepFreeze(value[key]) // whoever still holds it must not believe that a change of it is kept
      if (Object.hasOwn(fields, key)) put(value, key, fields[key])
      else delete value[key]
    }
    this.#base = copyOf(stored)
    this.#handed = this.#base
  }

  /** From now on a change would be lost, so it throws. */
  freeze(): void {
    deepFreeze(this.#value)
  }
}

function keysOf(a: Fields, b: Fields): Set<string> {
  return new Set([...Object.keys(a), ...Object.keys(b)])
}

function isSame(a: Fields, b: Fields, key: string): boolean {
  return Object.hasOwn(a, key) === Object.hasOwn(b, key) && isDeepStrictEqual(a[key], b[key])
}

/** A copy; of what cannot be copied the value itself: the store says where in it that is. */
export function copyOf<Value>(value: Value): Value {
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
