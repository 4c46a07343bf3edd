/** Returns its argument from the constructor, so that a subclass adds its private field to that object. */
class Stamped {
  constructor(date: Date) {
    // biome-ignore lint/correctness/noConstructorReturn: the subclass adds its field to an existing object
    return date
  }
}

/**
 * A `Date` that remembers its value from the store. The value lies in a private field, so no caller can tell this `Date`
 * from another one. A spread copy of a session shares the `Date` and so keeps the field. A `Date` that the caller makes has
 * no such field.
 */
class GivenExpiry extends Stamped {
  readonly #ms: number

  constructor(date: Date, ms: number) {
    super(date)
    this.#ms = ms
  }

  static of(date: object): number | undefined {
    return #ms in date ? date.#ms : undefined
  }
}

/** Makes the expiry of a session for a caller. */
export function givenExpiry(ms: number): Date {
  const date = new Date(ms)
  new GivenExpiry(date, ms)
  return date
}

/** True where a caller has moved the expiry since the store gave it. */
export function isMoved(expiresAt: Date): boolean {
  return GivenExpiry.of(expiresAt) !== expiresAt.getTime()
}
