import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonObject } from '../../contract/json.ts'
import { caseGroup } from '../conformance-case.ts'
import { holds, rejectsWith, same } from '../expectations.ts'
import { alice, hourMs, loaded, refOf } from '../samples.ts'

const secret = 'secret-in-data-77ab'

type Validate = (data: Record<string, unknown>) => StandardSchemaV1.Result<JsonObject> | Promise<never>

function schema(validate: Validate): StandardSchemaV1<unknown, JsonObject> {
  const check = (data: unknown) => validate((data ?? {}) as Record<string, unknown>)
  return { '~standard': { version: 1, vendor: 'sess-conformance', validate: check } }
}

/** It coerces, has a default, and strips what it does not know. */
const counting = schema(({ n = 0, list }) =>
  Number.isInteger(Number(n)) && typeof n !== 'boolean'
    ? { value: { n: Number(n), ...(Array.isArray(list) && { list: list as never }) } }
    : { issues: [{ message: `got ${String(n)}`, path: ['list', 2, 'n'] }] },
)

export const dataSchemaCases = caseGroup('data-schema', ['options'], {
  'stores-its-output': {
    title: 'what is stored is the output of the schema: coerced, with defaults, stripped',
    options: () => ({ data: counting }),
    async run({ store, clock, newId }) {
      const input = { id: newId(), expiresAt: clock.in(hourMs), data: { n: '5', other: 1 } as never }
      same((await store.save(input)).data, { n: 5 }, 'save resolves with the output')
      same((await loaded(store, input.id)).data, { n: 5 }, 'and that is stored')
      same((await store.save({ id: newId() })).data, { n: 0 }, 'data that is left out goes through it too')
    },
  },
  'refuses-what-does-not-fit': {
    title: 'a write that does not fit is SESS_INVALID_DATA with paths and no values, and nothing is written',
    options: () => ({ data: counting }),
    async run({ store, put }) {
      const session = await put({ data: { n: 1 } })
      const misfit = { n: secret }
      const calls: (() => unknown)[] = [() => store.save({ ...session, data: misfit })]
      if (store.capabilities.create) calls.push(() => store.create({ data: misfit }))
      if (store.capabilities.update) calls.push(() => store.update(session.id, () => ({ ...session, data: misfit })))
      if (store.capabilities.rotate) calls.push(() => store.rotate(session.id, { data: misfit }))
      for (const call of calls) {
        const { message } = await rejectsWith('SESS_INVALID_DATA', call, 'data that does not fit')
        holds(message.includes('data.list[2].n'), 'the message has the path')
        holds(!message.includes(secret), 'the message has no value')
      }
      same(await store.load(session.id), session, 'nothing is written')
    },
  },
  'lets-its-output-pass': {
    title: 'a schema that changes its own output is refused at the write',
    options: () => ({ data: schema(({ n = 0 }) => ({ value: { n: Number(n) + 1 } })) }),
    async run({ store, newId }) {
      await rejectsWith(
        'SESS_INVALID_DATA',
        () => store.save({ id: newId(), data: { n: 1 } }),
        'a schema that counts on',
      )
    },
  },
  'must-be-synchronous': {
    title: 'an asynchronous schema is SESS_CONFIG, one that throws SESS_INVALID_DATA without what it said',
    options: () => ({
      data: schema(({ late }) => {
        if (late) return Promise.reject(new Error('late'))
        throw new Error(secret)
      }),
    }),
    async run({ store, newId }) {
      await rejectsWith(
        'SESS_CONFIG',
        () => store.save({ id: newId(), data: { late: true } }),
        'an asynchronous schema',
      )
      const error = await rejectsWith('SESS_INVALID_DATA', () => store.save({ id: newId() }), 'a schema that throws')
      holds(!error.message.includes(secret), 'what the schema said may tell of the data')
    },
  },
  'upgrades-what-no-longer-fits': {
    title: 'upgrade makes stored data fit, a load writes nothing, and the next write does',
    requires: ['peer'],
    options: () => ({ data: schema((value) => ({ value: value as JsonObject })), upgrade: () => ({}) }),
    async run({ put, peerWith }) {
      const { id, version } = await put({ data: { old: 3 } })
      const upgrade = ({ old }: JsonObject) => ({ n: old as number })
      const strict = schema(({ n }) => (typeof n === 'number' ? { value: { n } } : { issues: [{ message: 'no n' }] }))
      const newer = await peerWith({ data: strict, upgrade })
      if (newer === null) return
      const session = await loaded(newer, id)
      same([session.data, session.version], [{ n: 3 }, version], 'a load gives upgraded data and writes nothing')
      await newer.save({ ...session, data: { n: 4 } })
      const later = await peerWith({ data: strict, upgrade: () => ({}) })
      same((await later?.load(id))?.data, { n: 4 }, 'a write stores it')
    },
  },
  'a-misfit-keeps-its-id': {
    title: 'a rotation of a session whose data does not fit rejects, and the session keeps its id',
    requires: ['peer', 'rotate'],
    options: () => ({ data: schema((value) => ({ value: value as JsonObject })) }),
    async run({ store, put, peerWith }) {
      const session = await put({ data: { note: secret } })
      const strict = await peerWith({
        data: schema(({ n }) => (n === 1 ? { value: { n } } : { issues: [{ message: 'no' }] })),
      })
      if (strict === null) return
      for (const options of [{}, { identity: alice }, { identity: null }, { data: { n: 1 } }]) {
        await rejectsWith('SESS_CORRUPT', () => strict.rotate(session.id, options), 'a rotation of what does not fit')
      }
      same(await store.load(session.id), session, 'the session is as it was')
    },
  },
  'says-what-a-misfit-is': {
    title: 'stored data that does not fit is SESS_CORRUPT, or absent where the store is told so; nothing is deleted',
    requires: ['peer'],
    options: () => ({
      data: schema((value) => ({ value: value as JsonObject })),
      upgrade: () => ({}),
      onInvalidData: 'error',
    }),
    async run({ store, put, peerWith }) {
      const session = await put({ identity: alice, data: { note: secret } })
      const strict = schema(() => ({ issues: [{ message: 'never' }] }))
      const upgrade = () => {
        throw new Error(secret)
      }
      const failing = await peerWith({ data: strict, upgrade })
      const absent = await peerWith({ data: strict, upgrade, onInvalidData: 'absent' })
      if (failing === null || absent === null) return
      const error = await rejectsWith('SESS_CORRUPT', () => failing.load(session.id), 'data that does not fit')
      holds(!error.message.includes(secret), 'the message has no value')
      same(await absent.load(session.id), null, 'absent means null')
      if (store.capabilities.update) same(await absent.update(session.id, () => {}), null, 'for an update too')
      if (store.capabilities.rotate) same(await absent.rotate(session.id), null, 'and for a rotation')
      if (store.capabilities.identityIndex) same(await absent.listByIdentity(refOf(alice)), [], 'and for a list')
      same(await store.load(session.id), session, 'nothing is deleted')
    },
  },
})
