import { setImmediate as nextTurn } from 'node:timers/promises'

/** How many records a step of a list, a revocation or an export is about. */
export const pageSize = 256

interface Page {
  readonly cursor: string | null
}

/**
 * Work that goes in steps, page by page, from the first cursor to the last. Between two steps others have `turns` turns of
 * the event loop, however fast the backend answers.
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
