import type { JsonObject } from '../../contract/json.ts'
import { type CaseContext, type ConformanceCase, caseGroup } from '../conformance-case.ts'
import {
  describeError,
  fail,
  holds,
  isTypeError,
  rejection,
  rejectsWith,
  rejectsWithTypeError,
  same,
} from '../expectations.ts'
import { doubtful, numbers, texts } from '../hostile-values.ts'
import { alice, bob, hourMs, loaded, only, refOf } from '../samples.ts'

const path = 'data.cart[3].when'

function around(value: unknown): JsonObject {
  return { cart: [0, 'one', [], { when: value }] } as unknown as JsonObject
}

/** Kept exactly, or refused with its path; then what was there before is untouched. */
async function keptOrRefused({ store, put }: CaseContext, make: () => unknown): Promise<void> {
  const before = await put({ data: { former: true } })
  const save = store.save({ ...before, data: around(make()) })
  const [outcome] = await Promise.allSettled([save])
  if (outcome.status === 'rejected') {
    const { code } = outcome.reason as { code?: unknown }
    if (code !== 'SESS_NOT_SERIALIZABLE') fail(`SESS_NOT_SERIALIZABLE or kept, got ${describeError(outcome.reason)}`)
    const { message } = outcome.reason as Error
    holds(message.includes(path), `the error names the path ${path} of the value, got: ${message}`)
    same(await store.load(before.id), before, 'a refused save leaves the former session')
    return
  }
  const expected = around(make())
  same((await loaded(store, before.id)).data, expected, 'data that is accepted is changed silently')
  same(outcome.value.data, expected, 'what save resolves with is not what was saved')
}

const doubtfulCases = Object.fromEntries(
  Object.entries(doubtful).map(([name, make]): [string, Omit<ConformanceCase, 'id' | 'group' | 'requires'>] => [
    name,
    {
      title: `${name.replaceAll('-', ' ')}: kept exactly, or refused with its path`,
      run: (context) => keptOrRefused(context, make),
    },
  ]),
)

function depthOf(value: unknown): number {
  let depth = 0
  for (let inner = value; Array.isArray(inner); inner = inner[0]) depth++
  return depth
}

function nested(depth: number): unknown {
  let value: unknown = []
  for (let level = 1; level < depth; level++) value = [value]
  return value
}

export const hostileDataCases = caseGroup('hostile-data', [], {
  ...doubtfulCases,
  'texts-are-kept': {
    title: 'NUL, lone surrogates, emoji, quotes and placeholders are kept, as values and as keys',
    async run({ put, store }) {
      const data = {
        values: [...texts],
        keys: Object.fromEntries(texts.map((text, n) => [text, n])),
        all: texts.join(''),
      }
      const saved = await put({ data })
      same(saved.data, data, 'save resolves with every text as it was')
      same((await loaded(store, saved.id)).data, data, 'every text is kept as it was')
      for (const text of texts) {
        const one = await put({ data: { [text]: text } })
        same((await loaded(store, one.id)).data, { [text]: text }, `${JSON.stringify(text)} is kept as it was`)
      }
    },
  },
  'numbers-are-kept': {
    title: 'every finite number is kept to the last bit, -0 included',
    async run({ put, store }) {
      const { id } = await put({ data: { numbers } })
      same((await loaded(store, id)).data.numbers, numbers, 'every number is kept to the last bit')
    },
  },
  'empty-values-are-kept': {
    title: 'null, false, 0, empty texts, lists and objects are kept',
    async run({ put, store }) {
      const data = {
        a: null,
        b: false,
        c: 0,
        d: '',
        e: [],
        f: {},
        g: [[], {}, [null]],
        '': { '': '' },
        '0': [0],
        '-1': 1,
      }
      const { id } = await put({ data })
      same((await loaded(store, id)).data, data, 'empty values are kept')
    },
  },
  'identity-texts-are-kept': {
    title: 'hostile text in an identity is kept, and neither confuses the index',
    async run({ put, store }) {
      for (const text of texts.filter((each) => each !== '')) {
        const identity = {
          providerId: `p${text}`,
          externalId: text,
          email: `${text}@example.com`,
          username: text,
          attributes: { [text]: text, plain: 'x' },
        }
        const session = await put({ identity })
        same((await loaded(store, session.id)).identity, identity, `${JSON.stringify(text)} is kept in an identity`)
        if (!store.capabilities.identityIndex) continue
        const listed = only(await store.listByIdentity(refOf(identity)), `sessions of ${JSON.stringify(text)}`)
        same(listed.identity, identity, 'the list has this very person')
        same(await store.deleteByIdentity(refOf(identity)), 1, 'exactly this person is signed out')
      }
    },
  },
  'unknown-identity-fields': {
    title: 'a field that an identity does not have is kept or refused, not dropped silently',
    async run({ put, store }) {
      const identity = { ...bob, role: 'admin' }
      const [outcome] = await Promise.allSettled([put({ identity })])
      if (outcome.status === 'fulfilled') {
        same((await loaded(store, outcome.value.id)).identity, identity, 'an unknown field is dropped silently')
        return
      }
      const { reason } = outcome
      const { code } = reason as { code?: unknown }
      holds(isTypeError(reason) || code === 'SESS_NOT_SERIALIZABLE', 'an unknown field is refused by name')
    },
  },
  'in-create-and-update-too': {
    title: 'create and update refuse or keep what save does',
    requires: ['create', 'update'],
    async run({ store }) {
      for (const name of ['date', 'function', 'undefined-property', 'nan', 'cycle', 'own-to-json'] as const) {
        const make = doubtful[name] as () => unknown
        const check = async (call: () => Promise<{ id: string } | null>, what: string) => {
          const [outcome] = await Promise.allSettled([call()])
          if (outcome.status === 'fulfilled') {
            const { data } = await loaded(store, outcome.value?.id ?? '')
            same(data, around(make()), `${what}: ${name} is changed silently`)
            return
          }
          const { reason } = outcome
          same((reason as { code?: unknown }).code, 'SESS_NOT_SERIALIZABLE', `${what}: ${name} is refused`)
          holds((reason as Error).message.includes(path), `${what}: the error names the path ${path}`)
        }
        await check(() => store.create({ data: around(make()) }), 'create')
        const { id } = await store.create()
        const change = (session: { data: JsonObject }) => {
          session.data = around(make())
        }
        await check(() => store.update(id, change), 'update')
      }
    },
  },
  'deep-nesting': {
    title: 'twenty thousand levels are kept or refused, and break nothing',
    async run({ store, put }) {
      for (const depth of [100, 20_000]) {
        const { id } = await put({ data: { former: true } })
        const save = put({ id, data: { deep: nested(depth) } as JsonObject })
        const [outcome] = await Promise.allSettled([save])
        const { data } = await loaded(store, id)
        if (outcome.status === 'fulfilled') {
          same(depthOf(data.deep), depth, 'every level is kept')
          continue
        }
        const { code } = outcome.reason as { code?: unknown }
        if (code !== 'SESS_NOT_SERIALIZABLE' && code !== 'SESS_TOO_LARGE') throw outcome.reason
        same(data, { former: true }, 'a refused save leaves the former session')
      }
    },
  },
  'half-a-megabyte-is-kept': {
    title: 'half a megabyte of data is kept exactly',
    async run({ store, put }) {
      const data = { text: 'ü😀"\\\n'.repeat(30_000), list: Array.from({ length: 5_000 }, (_, n) => ({ n })) }
      const { id } = await put({ data })
      same((await loaded(store, id)).data, data, 'large data is kept exactly')
    },
  },
  'ten-megabytes-lose-nothing': {
    title: 'ten megabytes are kept exactly or SESS_TOO_LARGE, and then the former session is still there',
    async run({ store, put }) {
      const before = await put({ identity: alice, data: { former: true } })
      const data = { text: 'x'.repeat(10_000_000) }
      const error = await store.save({ ...before, data }).then(
        () => null,
        (caught: unknown) => caught,
      )
      if (error === null) {
        holds((await loaded(store, before.id)).data.text === data.text, 'data that is accepted is kept exactly')
        return
      }
      same((error as { code?: unknown }).code, 'SESS_TOO_LARGE', 'data that is too large')
      same(await store.load(before.id), before, 'what is too large leaves the former session')
      holds((error as Error).message.length < 1_000, 'the error does not show the data')
    },
  },
  'default-limit-is-a-mebibyte': {
    title: 'without a limit of its own a store refuses ten megabytes with SESS_TOO_LARGE, on every way in',
    requires: ['options', 'create', 'update'],
    async run({ store, put }) {
      const before = await put({ data: { former: true } })
      const data = { text: 'x'.repeat(10_000_000) }
      await rejectsWith('SESS_TOO_LARGE', () => store.save({ ...before, data }), 'ten megabytes in save')
      await rejectsWith('SESS_TOO_LARGE', () => store.create({ data }), 'ten megabytes in create')
      await rejectsWith(
        'SESS_TOO_LARGE',
        () => store.update(before.id, (session) => ({ ...session, data })),
        'in update',
      )
      if (store.capabilities.states) {
        await rejectsWith('SESS_TOO_LARGE', () => store.putState({ data }), 'ten megabytes in a state')
      }
      same(await store.load(before.id), before, 'what is too large leaves the former session')
    },
  },
  'limit-counts-bytes': {
    title: 'maxBytes counts bytes of UTF-8, not characters',
    requires: ['options'],
    options: () => ({ maxBytes: 1_000 }),
    async run({ store, put }) {
      const before = await put({ data: { text: 'x'.repeat(700) } })
      const wide = { text: '😀'.repeat(300) }
      const error = await rejection(() => store.save({ ...before, data: wide }), '1,200 bytes where 1,000 are allowed')
      same(error.code, 'SESS_TOO_LARGE', '1,200 bytes where 1,000 are allowed')
      same(await store.load(before.id), before, 'what is too large leaves the former session')
    },
  },
  'shared-values-are-no-cycle': {
    title: 'one object in two places is kept in both',
    async run({ store, put }) {
      const shared = { n: 1 }
      const { id } = await put({ data: { a: shared, b: [shared, shared] } })
      same((await loaded(store, id)).data, { a: { n: 1 }, b: [{ n: 1 }, { n: 1 }] }, 'a value in two places is kept')
    },
  },
  'wrong-identity-leaves-the-former': {
    title: 'a session with a wrong identity is refused, and the former one stays',
    async run({ store, clock, put }) {
      const before = await put({ identity: alice, data: { n: 1 } })
      const broken = { id: before.id, expiresAt: clock.in(hourMs), identity: { providerId: 'github' } as never }
      await rejectsWithTypeError(() => store.save(broken), 'an identity without an external id')
      same(await store.load(before.id), before, 'a refused save leaves the former session')
    },
  },
})
