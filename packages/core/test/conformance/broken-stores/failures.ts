import { invalidArgument, SessionError } from '../../../src/contract/errors.ts'
import type { SessionInput } from '../../../src/contract/session.ts'
import { ReferenceStore, type Row } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

/** Errors, outages, and the end of a store. */
export const brokenFailures = [
  broken(
    'an outage reads as not found',
    class extends ReferenceStore {
      override async load(id: string) {
        return await super.load(id).catch(() => null)
      }
      override async count() {
        return await super.count().catch(() => 0)
      }
    },
    {
      'outage/is-an-error-and-never-an-answer': /is an error, and never an answer/,
      'outage/does-not-poison-a-new-store': /the first load during an outage is an error/,
      'lifecycle/closed-rejects-everything': /load after close: it resolved/,
    },
  ),
  broken(
    'an outage is an error of the driver',
    class extends ReferenceStore {
      protected override checkOutage() {
        if (this.storage.down) throw new Error('ECONNREFUSED')
      }
    },
    { 'outage/is-an-error-and-never-an-answer': /SESS_UNAVAILABLE or SESS_TIMEOUT, got Error: ECONNREFUSED/ },
  ),
  broken(
    'an outage is not retryable',
    class extends ReferenceStore {
      protected override checkOutage() {
        if (this.storage.down) throw new SessionError('SESS_UNAVAILABLE', 'down', { retryable: false })
      }
    },
    { 'outage/is-an-error-and-never-an-answer': /during an outage is retryable/ },
  ),
  broken(
    'a failed first call poisons the store',
    class extends ReferenceStore {
      #failed = false
      protected override checkOutage() {
        this.#failed ||= this.storage.down
        if (this.#failed) throw new SessionError('SESS_UNAVAILABLE', 'the connection failed')
      }
    },
    {
      'outage/does-not-poison-a-new-store': /after an outage the same store works again/,
      'outage/is-an-error-and-never-an-answer': /after an outage the same store works again/,
    },
    { limitMs: 900 },
  ),
  broken(
    'an error shows the id and the data',
    class extends ReferenceStore {
      protected override replace(id: string, row: Row) {
        if (this.find(id)) return super.replace(id, row)
        const cause = new Error(`no row for ${id} with ${JSON.stringify(row.data)}`)
        throw new SessionError('SESS_GONE', 'the session is gone', { cause })
      }
    },
    { 'errors/tell-no-secret': /shows the id/ },
  ),
  broken(
    'an error shows the data',
    class extends ReferenceStore {
      protected override checkData(data: unknown) {
        try {
          return super.checkData(data)
        } catch {
          throw new SessionError('SESS_NOT_SERIALIZABLE', `data.cart[0] in ${JSON.stringify(data)}`)
        }
      }
    },
    { 'errors/tell-no-secret': /shows data/ },
  ),
  broken(
    'wrong arguments throw before there is a promise',
    class extends ReferenceStore {
      override load(id: string) {
        if (typeof id !== 'string') throw invalidArgument('id is a string')
        return super.load(id)
      }
    },
    {
      'errors/nothing-throws-synchronously': /load with a wrong argument: it threw synchronously/,
      'errors/an-id-that-is-no-string-is-a-type-error': /it threw synchronously/,
    },
  ),
  broken(
    'an id that is no string is not found',
    class extends ReferenceStore {
      override async exists(id: string) {
        return typeof id === 'string' && (await super.exists(id))
      }
    },
    { 'errors/an-id-that-is-no-string-is-a-type-error': /exists with an id that is no string: it resolved/ },
  ),
  broken(
    'close does not wait',
    class extends ReferenceStore {
      override async save(input: SessionInput) {
        const saved = await super.save(input)
        await gap()
        return saved
      }
      override async close() {
        this.closed = true
      }
    },
    {
      'lifecycle/close-waits-for-writes': /close waits for what is under way/,
      'lifecycle/close-waits-for-a-change': /close waits for what is under way/,
    },
  ),
  broken(
    'calls after close work',
    class extends ReferenceStore {
      protected override checkClosed() {}
    },
    {
      'lifecycle/closed-rejects-everything': /save after close: it resolved/,
      'lifecycle/closing-rejects-everything': /save during close: it resolved/,
      'lifecycle/close-before-use': /load after close: it resolved/,
      'lifecycle/await-using-closes': /await using: it resolved/,
    },
  ),
  broken(
    'a second close rejects',
    class extends ReferenceStore {
      override async close() {
        this.checkClosed()
        await super.close()
      }
    },
    { 'lifecycle/close-is-idempotent': /the store is closed/ },
  ),
  broken(
    'close takes down what other clients use',
    class extends ReferenceStore {
      override async close() {
        await super.close()
        this.storage.down = true
      }
    },
    { 'lifecycle/close-leaves-other-clients': /cannot be reached/ },
  ),
  broken(
    'close waits for a loop over entries',
    class extends ReferenceStore {
      #open = 0
      override async *entries() {
        this.#open++
        for await (const entry of super.entries()) yield entry
        this.#open--
        return undefined
      }
      override async close() {
        while (this.#open > 0) await gap()
        await super.close()
      }
    },
    { 'lifecycle/close-does-not-wait-for-a-reader': /did not settle within 300 ms/ },
    { limitMs: 300 },
  ),
  broken(
    'each call is logged',
    class extends ReferenceStore {
      override load(id: string) {
        process.stderr.write(`${id}\n`)
        return super.load(id)
      }
    },
    { 'errors/nothing-secret-is-logged': /an id is written to the console/ },
  ),
  broken(
    'the error of an outage shows the statement',
    class extends ReferenceStore {
      override async save(input: SessionInput) {
        try {
          return await super.save(input)
        } catch (error) {
          if (this.storage.down)
            (error as Error).cause = { statement: `INSERT ${input.id} ${JSON.stringify(input.data)}` }
          throw error
        }
      }
    },
    { 'outage/tells-no-secret': /the error of save during an outage shows the id/ },
  ),
  broken(
    'close waits for the backend to come back',
    class extends ReferenceStore {
      override async close() {
        while (this.storage.down) await gap()
        await super.close()
      }
    },
    { 'outage/close-is-bounded': /the case did not settle within 300 ms/ },
    { limitMs: 300 },
  ),
]
