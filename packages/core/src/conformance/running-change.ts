import type { Session } from '../contract/session.ts'
import type { CaseContext } from './conformance-case.ts'

/** A change of which every run that is stored can be seen. */
export function addOne({ data }: Session): void {
  data.n = Number(data.n) + 1
}

/** Lets the event loop turn that often. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Resolves `passed`, and what each `arrive` gave, once so many have arrived. */
export function gate(count: number) {
  const { promise, resolve } = Promise.withResolvers<void>()
  let missing = count
  return {
    passed: promise,
    arrive(): Promise<void> {
      missing -= 1
      if (missing === 0) resolve()
      return promise
    },
  }
}

/**
 * Starts an update, and resolves when its async change runs: until `end` is called, or the case has ended. Then it does
 * `change`.
 */
export async function startChange(
  { store, atEnd }: Pick<CaseContext, 'store' | 'atEnd'>,
  id: string,
  change: (session: Session) => void,
) {
  const [entered, ended] = [gate(1), gate(1)]
  const end = () => void ended.arrive()
  atEnd(end)
  let runs = 0
  const updating = store.update(id, async (session) => {
    runs += 1
    if (runs === 1) void entered.arrive()
    await ended.passed
    change(session)
  })
  // An update that rejects before its change runs is reported as that.
  await Promise.race([entered.passed, updating])
  return { updating, runs: () => runs, end }
}
