import { AsyncLocalStorage } from 'node:async_hooks'
import type { Session } from '../../contract/session.ts'
import type { SessionStore } from '../../contract/session-store.ts'
import { caseGroup } from '../conformance-case.ts'
import { fail, holds, same } from '../expectations.ts'
import { addOne, gate, startChange, turns } from '../running-change.ts'
import { hourMs, loaded } from '../samples.ts'

/** What is promised of the code of a change: where it runs, and what it leaves behind. */
export const changeCodeCases = caseGroup('running-changes', ['update'], {
  'code-after-it-keeps-its-order': {
    title: 'what a change started, and runs after the change has ended, takes effect in the order of its calls',
    async run({ store, clock, put }) {
      for (let round = 0; round < 5; round++) {
        const { id } = await put({ data: { n: 0 } })
        const { started, ended } = await leaveCodeBehind(store, id, () => [
          store.save({ id, expiresAt: clock.in(hourMs), data: { late: true } }),
          store.exists(id),
          store.delete(id),
          store.load(id),
        ])
        ended.arrive()
        const [saved, existed, deleted, last] = await Promise.all(await started)
        same((saved as Session).data, { late: true }, 'the late save')
        same([existed, deleted, last], [true, true, null], 'save, exists, delete and load take effect in that order')
        same(await store.exists(id), false, 'the late delete is final')
      }
    },
  },
  'code-after-it-waits-like-any-other': {
    title: 'an update that such code makes later waits for a change that runs then',
    async run(context) {
      const { store, put } = context
      const { id } = await put({ data: { n: 0 } })
      let ran = 0
      const { started, ended } = await leaveCodeBehind(store, id, () => [
        store.update(id, (session) => {
          ran++
          addOne(session)
        }),
      ])
      const { updating, end } = await startChange(context, id, addOne)
      ended.arrive()
      const late = await started
      await store.load(id)
      await turns(10)
      same(ran, 0, 'an update from code of a change that has ended waits for one that runs')
      end()
      same((await updating)?.data, { n: 1 }, 'the running change is written first')
      same(((await late[0]) as Session | null)?.data, { n: 2 }, 'the late update comes after it')
    },
  },
  'run-in-the-context-of-their-caller': {
    title: 'a change runs in the async context of the call that brought it, re-runs and what follows an await included',
    async run({ store, put, peer }) {
      const [request, other] = [new AsyncLocalStorage<string>(), await peer()]
      const { id } = await put({ data: { n: 0 } })
      const seen: unknown[] = []
      const names = ['ada', 'grace', 'katherine', 'mary', 'joan', 'edith']
      const calls = names.map((name, n) =>
        request.run(name, async () => {
          let runs = 0
          // Behind other calls, so that it is not the caller's own turn in which the change begins.
          const loading = store.load(id)
          await store.update(id, (session) => {
            seen.push([name, request.getStore()])
            if (n % 2 === 0) return addOne(session)
            return later(async () => {
              seen.push([name, request.getStore()])
              if (++runs === 1 && n === 3) await other.save({ ...(await loaded(other, id)), data: session.data })
              seen.push([name, request.getStore()])
              addOne(session)
            })
          })
          await loading
        }),
      )
      await Promise.all(calls)
      for (const [name, context] of seen as [string, unknown][]) {
        same(context, name, 'a change runs in the async context of its caller')
      }
      // once each, twice more in each of the three async ones, and one of these again
      holds(seen.length >= 6 + 3 * 2 + 3, 'each change ran, and one ran again')
    },
  },
})

async function later<T>(action: () => Promise<T>): Promise<T> {
  await turns(2)
  return await action()
}

/** Runs an update whose change leaves code behind, which issues `calls` once `ended` is told; resolves after the update. */
async function leaveCodeBehind(store: SessionStore, id: string, calls: () => unknown[]) {
  const ended = gate(1)
  let started: Promise<unknown[]> | undefined
  await store.update(id, async () => {
    // In an array, as a promise would wait for what the calls give.
    started ??= ended.passed.then(() => [calls()])
    await turns(1)
  })
  return { ended, started: (started ?? fail('the change runs')).then(([list]) => list as unknown[]) }
}
