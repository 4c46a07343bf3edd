import { AsyncLocalStorage } from 'node:async_hooks'
import type { HttpSession } from './http-session.ts'

type Change<Data extends object> = Parameters<HttpSession<Data>['update']>[0]

/** The change of an update that is running, for the code that it calls. */
const running = new AsyncLocalStorage<{ readonly of: object; isOver: boolean }>()

/** Whether this code is called by a change of the same request. Were it to wait for its turn, both would wait for ever. */
export function isInChange(of: object): boolean {
  const mark = running.getStore()
  return mark !== undefined && mark.of === of && !mark.isOver
}

/** The change, known while it runs. */
export function asRunning<Data extends object>(of: object, change: Change<Data>): Change<Data> {
  return (draft) => {
    const mark = { of, isOver: false }
    const end = () => {
      mark.isOver = true
    }
    return running.run(mark, () => {
      let isAsync = false
      try {
        const changed = change(draft)
        isAsync = typeof (changed as { then?: unknown } | undefined)?.then === 'function'
        return isAsync ? Promise.resolve(changed).finally(end) : changed
      } finally {
        if (!isAsync) end()
      }
    })
  }
}
