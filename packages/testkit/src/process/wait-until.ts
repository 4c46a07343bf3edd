import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again and again until the answer is true; an error counts as not yet. Rejects after `timeoutMs`. */
export async function waitUntil(what: string, isSo: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs
  let lastError: unknown
  for (;;) {
    try {
      if (await isSo()) return
    } catch (error) {
      lastError = error
    }
    if (Date.now() > giveUpAt) throw new Error(`${what}: not so after ${timeoutMs} ms`, { cause: lastError })
    await sleep(25)
  }
}
