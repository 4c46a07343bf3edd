import { describeError, fail } from './expectations.ts'

export type Outcome<T> = PromiseSettledResult<T>

const rounds = 24

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    if (turn % 3 === 2) await new Promise((resolve) => setImmediate(resolve))
    else await Promise.resolve()
  }
}

/**
 * Lets two calls race, many times over: at the same moment, and with a head start of growing length for each in turn,
 * so that their steps interleave differently from round to round. `round` prepares the calls and judges how they ended.
 */
export async function race(round: (start: typeof together) => Promise<void>): Promise<void> {
  for (let n = 0; n < rounds; n++) {
    const head = Math.floor(n / 2)
    await round((first, second) => (n % 2 === 0 ? together(first, second, head) : swapped(first, second, head)))
  }
}

async function together<A, B>(
  first: () => Promise<A>,
  second: () => Promise<B>,
  head = 0,
): Promise<[Outcome<A>, Outcome<B>]> {
  const one = first()
  one.catch(() => {}) // it may reject before anybody awaits it
  await turns(head)
  return await Promise.allSettled([one, second()])
}

async function swapped<A, B>(
  first: () => Promise<A>,
  second: () => Promise<B>,
  head: number,
): Promise<[Outcome<A>, Outcome<B>]> {
  const [two, one] = await together(second, first, head)
  return [one, two]
}

/** What the call resolved with, or undefined where it rejected with the one code that this race allows. */
export function valueOr<T>(outcome: Outcome<T>, code: string | null, what: string): T | undefined {
  if (outcome.status === 'fulfilled') return outcome.value
  if (code !== null && (outcome.reason as { code?: unknown }).code === code) return undefined
  fail(
    `${what}: ${code === null ? 'it must resolve' : `it resolves or rejects with ${code}`}, got ${describeError(outcome.reason)}`,
    outcome.reason,
  )
}

export function value<T>(outcome: Outcome<T>, what: string): T {
  return valueOr(outcome, null, what) as T
}
