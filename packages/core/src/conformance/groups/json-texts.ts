import { runInNewContext } from 'node:vm'
import type { JsonObject } from '../../contract/json.ts'
import { type CaseContext, caseGroup } from '../conformance-case.ts'
import { describeError, holds, same } from '../expectations.ts'
import { loaded } from '../samples.ts'

const escaped = ['\\', '"', '\n', '\r', '\t', '\f', '\b', '\u0001', '\\n', 'a\\', 'a"', 'a\n']

/** Objects of another realm, as `structuredClone` and `fetch().json()` give them under some test runners. */
function foreign(): JsonObject {
  return runInNewContext(`({ cart: [{ sku: 'a', tags: ['x', []] }], empty: {} })`)
}

async function keptOrRefused({ store, put }: CaseContext, data: JsonObject): Promise<void> {
  const [outcome] = await Promise.allSettled([put({ data })])
  if (outcome.status === 'rejected') {
    const { code } = outcome.reason as { code?: unknown }
    holds(code === 'SESS_NOT_SERIALIZABLE', `kept or SESS_NOT_SERIALIZABLE, got ${describeError(outcome.reason)}`)
    return
  }
  const here: unknown = JSON.parse(JSON.stringify(data))
  same((await loaded(store, outcome.value.id)).data, here, 'data that is accepted is loaded as it was')
}

export const jsonTextCases = caseGroup('json-texts', [], {
  'keys-with-an-escape-are-their-own': {
    title: 'a key with an escape is loaded as it was saved, whatever was loaded before it: nodejs/node#63785',
    async run({ put, store }) {
      for (const former of escaped) {
        // An engine that looks a key up by its text finds this one, one backslash long, in place of the next.
        const poison = await put({ data: { h: [], [former]: 0 } })
        same((await loaded(store, poison.id)).data, { h: [], [former]: 0 }, 'the first session is as it was')
        for (const key of escaped) {
          const { id } = await put({ data: { h: 1, [key]: key } })
          same((await loaded(store, id)).data, { h: 1, [key]: key }, `the key ${JSON.stringify(key)} is as it was`)
        }
      }
    },
  },
  'keys-with-an-escape-in-states': {
    title: 'so is one in the data of a state',
    requires: ['states'],
    async run({ store }) {
      for (const key of escaped) {
        await store.consumeState(await store.putState({ data: { h: [], '\\': 0 } }))
        const state = await store.putState({ data: { h: 1, [key]: key } })
        same((await store.consumeState(state))?.data, { h: 1, [key]: key }, `${JSON.stringify(key)} is as it was`)
      }
    },
  },
  'data-of-another-realm': {
    title: 'plain data of another realm is kept, or refused by name',
    run: (context) => keptOrRefused(context, { inner: foreign() }),
  },
  'data-that-is-all-of-another-realm': {
    title: 'so is data that is of another realm to its root',
    run: (context) => keptOrRefused(context, foreign()),
  },
})
