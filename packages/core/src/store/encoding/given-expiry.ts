/** Gives back the object that a subclass then adds its private field to. */
class Stamped {
  constructor(date: Date) {
    // biome-ignore lint/correctness/noConstructorReturn: the field is to lie in an object that exists
    return date
  }
}

/**
 * A `Date` that remembers what it was when a store gave it. Nothing that looks at it sees a difference to any other: it is
 * a private field, so that a copy by spread, which shares the `Date`, keeps it, and a `Date` of the caller's own has none.
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

/** The expiry of a session that is given to a caller. */
export function givenExpiry(ms: number): Date {
  const date = new Date(ms)
  new GivenExpiry(date, ms)
  return date
}

/** Whether a caller has moved the expiry since a store gave it. */
export function isMoved(expiresAt: Date): boolean {
  return GivenExpiry.of(expiresAt) !== expiresAt.getTime()
}
