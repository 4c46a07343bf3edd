import { SessionError } from '../../../src/contract/errors.ts'
import type { CreateOptions } from '../../../src/contract/method-options.ts'
import { methods } from '../published-store.ts'
import { referenceHarness, type StoreClass } from '../reference-harness.ts'
import { type ReferenceOptions, ReferenceStore, type Row, type Storage } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

type Method = (typeof methods)[number]
type Call = (...args: readonly unknown[]) => Promise<unknown>

/** The reference store with one method replaced; `own` is what it was. */
function replaced(method: Method, by: (own: Call) => Call): StoreClass {
  return class extends ReferenceStore {
    constructor(options: ReferenceOptions, storage?: Storage) {
      super(options, storage)
      const own = ReferenceStore.prototype[method].bind(this) as Call
      Object.defineProperty(this, method, { value: by(own) })
    }
  }
}

/** The end of a store, of a call and of its error. */
export const brokenEndings = [
  ...methods.map((method) =>
    broken(
      `close forgets ${method}`,
      replaced(method, (own) => async (...args) => {
        await gap()
        await gap()
        return await own(...args)
      }),
      {
        'lifecycle/close-waits-for-every-method': new RegExp(`close waits for ${method},`),
        ...(method === 'save' && { 'lifecycle/close-waits-for-writes': /close waits for what is under way/ }),
        ...(method === 'create' && { 'lifecycle/close-waits-for-a-create-that-draws-again': /close waits for create/ }),
      },
    ),
  ),
  broken(
    'close forgets a create that draws another id',
    class extends ReferenceStore {
      protected override insert(row: Row) {
        const id = this.newId()
        if (this.find(id)) throw new SessionError('SESS_COLLISION', 'taken')
        return this.write(id, row)
      }
      override async create(options?: CreateOptions) {
        try {
          return await super.create(options)
        } catch (error) {
          if ((error as { code?: unknown }).code !== 'SESS_COLLISION') throw error
          await gap()
          return await super.create(options)
        }
      }
    },
    { 'lifecycle/close-waits-for-a-create-that-draws-again': /close waits for create, but it rejected/ },
  ),
  broken(
    'a late timer is believed before the answer is looked at',
    class extends ReferenceStore {
      override load(id: string) {
        const late = new Promise<never>((_, reject) => {
          const giveUp = () => reject(new SessionError('SESS_TIMEOUT', 'no answer'))
          const timer = setTimeout(giveUp, this.options.timeoutMs ?? 5_000)
          timer.unref()
        })
        const answer = async () => {
          await gap()
          await gap()
          return await super.load(id)
        }
        return Promise.race([answer(), late])
      }
    },
    {
      'lifecycle/a-pause-is-no-outage': /a pause of the process is no outage, but: SessionError SESS_TIMEOUT/,
      'lifecycle/close-waits-for-every-method': /close waits for load/,
    },
  ),
  ...(['update', 'rotate', 'deleteByIdentity', 'count', 'cleanExpired', 'create'] as const).map((method) =>
    broken(
      `an error of ${method} that nobody awaits is swallowed`,
      replaced(method, (own) => (...args) => {
        const result = own(...args)
        result.catch(() => {})
        return result
      }),
      {
        'outage/is-unhandled-where-nobody-awaits': new RegExp(`is swallowed[^]*'${method}'`),
        ...(method !== 'count' &&
          method !== 'cleanExpired' && {
            'errors/are-unhandled-where-nobody-awaits': new RegExp(`is swallowed[^]*'${method}'`),
          }),
      },
    ),
  ),
  broken(
    'the error of data that is too large shows it',
    class extends ReferenceStore {
      protected override checkData(data: unknown) {
        try {
          return super.checkData(data)
        } catch (error) {
          if ((error as { code?: unknown }).code !== 'SESS_TOO_LARGE') throw error
          throw new SessionError('SESS_TOO_LARGE', 'too large', { cause: { parameters: [data] } })
        }
      }
    },
    { 'errors/tell-no-secret-of-what-is-too-large': /shows data/ },
  ),
  broken(
    'the cause of an error shows the stored key',
    class extends ReferenceStore {
      protected override replace(id: string, row: Row) {
        if (this.find(id)) return super.replace(id, row)
        throw new SessionError('SESS_GONE', 'gone', { cause: new Error(`no row where id = '${this.key(id)}'`) })
      }
    },
    { 'errors/tell-no-secret': /shows the id/ },
  ),
  broken(
    'a wrong argument is shown in the error',
    class extends ReferenceStore {
      override async touch(id: string, options: Parameters<ReferenceStore['touch']>[1]) {
        const { ttl } = options ?? {}
        if (String(ttl).includes(' ')) throw new TypeError(`ttl '${ttl}' is no duration`)
        return await super.touch(id, options)
      }
    },
    { 'errors/tell-no-secret': /the error of a wrong ttl shows the id/ },
  ),
  broken(
    'the harness keeps the options to itself',
    ReferenceStore,
    { 'harness/hands-on-the-options': /data beyond the maxBytes that the case asked for: it resolved/ },
    { open: ({ now }) => referenceHarness().open({ now }) },
  ),
]
