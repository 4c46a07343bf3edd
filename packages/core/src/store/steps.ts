import { setImmediate as nextTurn } from 'node:timers/promises'

/** About how many records one step of a list, a sign-out or an export handles. */
export const pageSize = 256

interface Page {
  readonly cursor: string | null
}

/**
 * Runs a step for each page, from the first cursor to the last. Between two steps it gives up `turns` turns of the event
 * loop to other work, however fast the backend answers.
 */
export async function* steps<P extends Page>(
  step: (cursor: string | null) => Promise<P>,
  turns = 1,
): AsyncGenerator<P> {
  let cursor: string | null = null
  for (;;) {
    const page = await step(cursor)
    yield page
    cursor = page.cursor
    if (cursor === null) return
    for (let turn = 0; turn < turns; turn += 1) await nextTurn()
  }
}
