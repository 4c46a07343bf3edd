import { AsyncLocalStorage } from 'node:async_hooks'
import type { Session, SessionInput } from '../../../src/contract/session.ts'
import { ReferenceStore, type Row } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

type Change = Parameters<ReferenceStore['update']>[1]

/** What shows only while an async change runs, or in the code that it leaves behind. */
export const brokenRunningChanges = [
  broken(
    'a touch makes a running update run again',
    class extends ReferenceStore {
      protected override swap(id: string, before: Row, row: Row) {
        return this.find(id) === before ? super.swap(id, before, row) : this.find(id) ? 'conflict' : null
      }
    },
    {
      'running-changes/touches-restart-nothing': /other writers came between at every try/,
      'running-changes/may-touch-its-own-session': /other writers came between at every try/,
      'running-changes/keeps-an-expiry-that-it-does-not-move': /other writers came between at every try/,
    },
  ),
  broken(
    'an update writes back the expiry that it read',
    class extends ReferenceStore {
      protected override kept(_: Row, row: Row) {
        return row.expiresAt
      }
    },
    {
      'running-changes/touches-restart-nothing': /update resolves with the touched expiry/,
      'running-changes/may-touch-its-own-session': /both the change and its touch are stored/,
      'running-changes/keeps-an-expiry-that-it-does-not-move': /the expiry that the touch gave/,
    },
  ),
  broken(
    'an update keeps the stored expiry whatever its change says',
    class extends ReferenceStore {
      protected override kept(_: Row, __: Row, current: Row) {
        return current.expiresAt
      }
    },
    { 'running-changes/keeps-an-expiry-that-it-does-not-move': /the expiry that the change gave/ },
  ),
  broken(
    'an update answers with the expiry that it read',
    class extends ReferenceStore {
      protected override swap(id: string, before: Row, row: Row) {
        const written = super.swap(id, before, row)
        return written === null || written === 'conflict' ? written : this.session(id, row)
      }
    },
    {
      'running-changes/touches-restart-nothing': /update resolves with the touched expiry/,
      'running-changes/keeps-an-expiry-that-it-does-not-move': /update resolves with the expiry that the touch gave/,
      'answers/of-other-writes-are-what-is-stored': /what update resolves with is what is stored/,
    },
  ),
  broken(
    'a delete waits for a running change',
    class extends ReferenceStore {
      override async delete(id: string) {
        await this.turn(id)
        return await super.delete(id)
      }
    },
    { 'running-changes/let-others-pass': /did not settle within 300 ms/ },
    { limitMs: 300 },
  ),
  broken(
    'updates and rotations do not wait for a running change',
    class extends ReferenceStore {
      protected override turn() {
        return undefined
      }
    },
    {
      'running-changes/make-updates-wait': /an update waits while an async change of its session runs/,
      'running-changes/make-rotations-wait': /a rotation waits for a running change/,
      'running-changes/a-hanging-change-ends': /a load passes a hanging change/,
      'running-changes/may-outlast-timeout-ms': /an update behind a long change: it resolved/,
      'running-changes/code-after-it-waits-like-any-other': /waits for one that runs/,
    },
  ),
  broken(
    'a running change holds up the updates of every session',
    class extends ReferenceStore {
      protected override turn() {
        return this.changes.othersOn('any')[0]
      }
      protected override call(_: string, change: Change, given: Session) {
        return this.changes.run('any', 30_000, () => change(given))
      }
    },
    { 'running-changes/wait-for-their-own-session-alone': /did not settle within 300 ms/ },
    { limitMs: 300 },
  ),
  broken(
    'a change waits for itself',
    class extends ReferenceStore {
      readonly #running = new Map<string, Promise<void>>()
      protected override turn(id: string) {
        return this.#running.get(id)
      }
      protected override call(id: string, change: Change, given: Session) {
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#running.set(id, promise)
        const end = () => {
          this.#running.delete(id)
          resolve()
        }
        const result = super.call(id, change, given)
        if (result instanceof Promise) result.then(end, end)
        else end()
        return result
      }
    },
    { 'running-changes/may-rotate-its-own-session': /did not settle within 300 ms/ },
    { limitMs: 300 },
  ),
  broken(
    'what waits for a change waits for ever',
    class extends ReferenceStore {
      protected override turn(id: string) {
        return this.changes.othersOn(this.key(id))[0]
      }
    },
    {
      'running-changes/crosswise-updates-end': /did not settle within 700 ms/,
      'running-changes/may-outlast-timeout-ms': /did not settle within 700 ms/,
    },
    { limitMs: 700 },
  ),
  broken(
    'a change may run for ever',
    class extends ReferenceStore {
      protected override call(id: string, change: Change, given: Session) {
        return this.changes.run(this.key(id), 60_000, () => change(given))
      }
    },
    {
      'running-changes/a-hanging-change-ends': /did not settle within 1100 ms/,
      'lifecycle/close-ends-beside-a-hanging-change': /close beside a hanging change did not settle/,
    },
    { limitMs: 1_100 },
  ),
  broken(
    'the time of a change counts towards timeoutMs',
    class extends ReferenceStore {
      protected override call(id: string, change: Change, given: Session) {
        return this.changes.run(this.key(id), this.options.timeoutMs ?? 5_000, () => change(given))
      }
    },
    {
      'running-changes/may-outlast-timeout-ms': /it resolved|the change did not end/,
      'running-changes/a-hanging-change-ends': /an update behind a hanging change: it resolved/,
    },
  ),
  broken(
    'what comes from the code of a change never keeps its turn',
    class extends ReferenceStore {
      readonly #inside = new AsyncLocalStorage<boolean>()
      protected override call(id: string, change: Change, given: Session) {
        return super.call(id, (session) => this.#inside.run(true, () => change(session)), given)
      }
      override async save(input: SessionInput) {
        if (this.#inside.getStore()) await gap()
        return await super.save(input)
      }
    },
    { 'running-changes/code-after-it-keeps-its-order': /the late delete is final/ },
  ),
  broken(
    'code that a change started counts as part of it for ever',
    class extends ReferenceStore {
      readonly #inside = new AsyncLocalStorage<boolean>()
      protected override call(id: string, change: Change, given: Session) {
        return super.call(id, (session) => this.#inside.run(true, () => change(session)), given)
      }
      protected override turn(id: string) {
        return this.#inside.getStore() ? undefined : super.turn(id)
      }
    },
    { 'running-changes/code-after-it-waits-like-any-other': /waits for one that runs/ },
  ),
  broken(
    'a change runs in the async context of whoever came first',
    class extends ReferenceStore {
      #context: (<T>(run: () => T) => T) | undefined
      protected override call(id: string, change: Change, given: Session) {
        this.#context ??= AsyncLocalStorage.snapshot() as <T>(run: () => T) => T
        return this.#context(() => super.call(id, change, given))
      }
    },
    { 'running-changes/run-in-the-context-of-their-caller': /in the async context of its caller/ },
  ),
  broken(
    'a change that runs again does so in the async context of the store',
    class extends ReferenceStore {
      readonly #context = AsyncLocalStorage.snapshot() as <T>(run: () => T) => T
      override update(id: string, change: Change) {
        let runs = 0
        return super.update(id, (session) => (++runs === 1 ? change(session) : this.#context(() => change(session))))
      }
    },
    { 'running-changes/run-in-the-context-of-their-caller': /in the async context of its caller/ },
  ),
]
