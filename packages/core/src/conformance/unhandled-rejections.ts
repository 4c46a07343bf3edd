const event = 'unhandledRejection' as const

/** Why a runner can keep rejections from the suite. */
export const unheard = 'this runner has a realm of its own, and hears of no unhandled rejection'

/**
 * Makes calls whose promises nobody handles, and resolves with those that the process hears of once `done` has resolved.
 * Undefined where the runner lets nobody hear of them.
 */
export async function unhandledOf(
  calls: readonly { readonly method: string; readonly call: () => unknown }[],
  done: () => Promise<void>,
): Promise<ReadonlySet<string> | undefined> {
  // Under jest `process` is a copy that no event of the real one reaches.
  if (!(structuredClone({}) instanceof Object)) return undefined
  const heard = new Set<string>()
  const methods = new Map<unknown, string>()
  const strangers: unknown[] = []
  const earlier = process.rawListeners(event) as ((reason: unknown, promise: Promise<unknown>) => void)[]
  const listener = (reason: unknown, promise: unknown) => {
    const method = methods.get(promise)
    if (method === undefined) strangers.push(reason)
    else heard.add(method)
  }
  process.removeAllListeners(event)
  process.on(event, listener)
  try {
    for (const { method, call } of calls) methods.set(call(), method)
    await done()
    // What is rejected last is told of once its turn is over; a busy machine has a moment longer.
    for (let turn = 0; turn < 100 && heard.size < methods.size; turn++) {
      await new Promise((resolve) => setTimeout(resolve, turn / 10))
    }
  } finally {
    process.off(event, listener)
    for (const each of earlier) process.on(event, each)
  }
  // What is not ours is for those who listened before.
  for (const reason of strangers) void Promise.reject(reason)
  return heard
}
