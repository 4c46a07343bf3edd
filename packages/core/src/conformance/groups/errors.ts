import { isSessionError } from '../../contract/errors.ts'
import type { SessionStore } from '../../contract/session-store.ts'
import { caseGroup, type Requirement } from '../conformance-case.ts'
import { fail, holds, rejection, rejectsWith, rejectsWithTypeError, same } from '../expectations.ts'
import { alice, hourMs, notStrings, refOf } from '../samples.ts'
import { logged, showsNone } from '../secrets.ts'
import { unhandledOf, unheard } from '../unhandled-rejections.ts'

const callsWithAnId: readonly (readonly [
  string,
  Requirement | undefined,
  (store: SessionStore, id: string) => unknown,
])[] = [
  ['load', undefined, (store, id) => store.load(id)],
  ['exists', undefined, (store, id) => store.exists(id)],
  ['delete', undefined, (store, id) => store.delete(id)],
  ['touch', 'touch', (store, id) => store.touch(id)],
  ['update', 'update', (store, id) => store.update(id, () => fail('a change is not called for what is no id'))],
  ['rotate', 'rotate', (store, id) => store.rotate(id)],
  ['save', undefined, (store, id) => store.save({ id, expiresAt: new Date(Date.now() + hourMs) })],
]

const secret = 'secret-in-data-9f2c'

/** What rejects, and with what, for a session whose data and identity hold the secret. */
const failures: readonly (readonly [
  what: string,
  code: string,
  retryable: boolean,
  requires: readonly Requirement[],
  call: (store: SessionStore, id: string, gone: { id: string; expiresAt: Date; version: string }) => unknown,
])[] = [
  ['a save of what is gone', 'SESS_GONE', false, [], (store, _, gone) => store.save({ ...gone, data: { secret } })],
  [
    'a value that JSON cannot carry',
    'SESS_NOT_SERIALIZABLE',
    false,
    [],
    (store, id, { expiresAt }) => store.save({ id, expiresAt, data: { secret, cart: [() => secret] } as never }),
  ],
  [
    'the same in create',
    'SESS_NOT_SERIALIZABLE',
    false,
    ['create'],
    (store) => store.create({ data: { secret, cart: [() => secret] } as never }),
  ],
]

/** What is refused as a wrong argument, with secrets in it. */
const refusals: readonly (readonly [
  what: string,
  requires: Requirement | undefined,
  call: (store: SessionStore, id: string) => unknown,
])[] = [
  ['an id of a wrong form', undefined, (store, id) => store.save({ id: `${id} ${secret}`, expiresAt: soon() })],
  ['an id that is no string', undefined, (store, id) => store.load([id, secret] as never)],
  [
    'a wrong identity',
    undefined,
    (store, id) => store.save({ id, expiresAt: soon(), identity: { ...alice, username: [secret] } as never }),
  ],
  ['a wrong expiresAt', undefined, (store, id) => store.save({ id, expiresAt: `${id} ${secret}` as never })],
  ['an unknown field', undefined, (store, id) => store.save({ id, expiresAt: soon(), extra: secret } as never)],
  ['a wrong ttl', 'touch', (store, id) => store.touch(id, { ttl: `${id} ${secret}` })],
  ['a wrong change', 'update', (store, id) => store.update(id, `${id} ${secret}` as never)],
  ['a change to another id', 'update', (store, id) => store.update(id, (session) => ({ ...session, id: secret }))],
  [
    'a change to what JSON cannot carry',
    'update',
    (store, id) => store.update(id, (session) => ({ ...session, data: { secret, cart: [() => secret] } as never })),
  ],
  [
    'a wrong person',
    'identityIndex',
    (store, id) => store.deleteByIdentity({ ...refOf(alice), externalId: [id] as never }),
  ],
  ['a wrong state', 'states', (store, id) => store.putState({ state: `${id} ${secret}` })],
  ['a wrong User-Agent', 'states', (store, id) => store.consumeState(id, { userAgent: [secret] as never })],
]

const soon = () => new Date(Date.now() + hourMs)

/** Each method with what it refuses, and what an application's own code makes it reject with. */
function failing(store: SessionStore, id: string): { method: string; call: () => unknown }[] {
  const wrong = Symbol('wrong') as never
  const calls: [string, Requirement | undefined, () => unknown][] = [
    ...callsWithAnId.map(([method, requires, call]): [string, Requirement | undefined, () => unknown] => [
      method,
      requires,
      () => call(store, wrong),
    ]),
    ['create', 'create', () => store.create(wrong)],
    ['a change that throws', 'update', () => store.update(id, () => fail('mine'))],
    ['an async change that throws', 'update', () => store.update(id, () => Promise.reject(new Error('mine')))],
    ['listByIdentity', 'identityIndex', () => store.listByIdentity(wrong)],
    ['deleteByIdentity', 'identityIndex', () => store.deleteByIdentity(wrong)],
    ['deleteByHandle', 'handles', () => store.deleteByHandle(wrong)],
    ['putState', 'states', () => store.putState(wrong)],
    ['consumeState', 'states', () => store.consumeState(wrong)],
  ]
  const able = (requires: Requirement | undefined) =>
    requires === undefined || store.capabilities[requires as keyof typeof store.capabilities]
  return calls.flatMap(([method, requires, call]) => (able(requires) ? [{ method, call }] : []))
}

export const errorCases = caseGroup('errors', [], {
  'carry-code-and-retryable': {
    title: 'a rejection is a SessionError with a code, a boolean retryable and a message',
    async run({ store, put }) {
      const gone = await put({ data: { secret } })
      await store.delete(gone.id)
      const { id } = await put()
      for (const [what, code, retryable, requires, call] of failures) {
        if (requires.includes('create') && !store.capabilities.create) continue
        const error = await rejection(() => call(store, id, gone), what)
        same(error.code, code, `${what} has the code ${code}`)
        same((error as { retryable?: unknown }).retryable, retryable, `${what} is retryable: ${retryable}`)
        holds(isSessionError(error), `${what} is known to isSessionError`)
        holds(error.message.length > 0, `${what} has a message`)
      }
    },
  },
  'tell-no-secret': {
    title: 'no id, plain or hashed, and no data appears in an error, its stack, its properties or its causes',
    async run({ store, put }) {
      const gone = await put({ identity: alice, data: { secret } })
      await store.delete(gone.id)
      const { id } = await put()
      for (const [what, , , requires, call] of failures) {
        if (requires.includes('create') && !store.capabilities.create) continue
        const error = await rejection(() => call(store, id, gone), what)
        showsNone(error, [gone.id, id], [secret], `the error of ${what}`)
      }
      for (const [what, requires, call] of refusals) {
        if (requires && !store.capabilities[requires as keyof typeof store.capabilities]) continue
        const [outcome] = await Promise.allSettled([call(store, id)])
        // Whether each of them is refused is for other cases to say.
        if (outcome.status === 'rejected') showsNone(outcome.reason, [id], [secret], `the error of ${what}`)
      }
    },
  },
  'tell-no-secret-of-what-is-too-large': {
    title: 'neither does the error of data that is too large',
    requires: ['options'],
    options: () => ({ maxBytes: 200 }),
    async run({ store, put }) {
      const session = await put()
      const save = () => store.save({ ...session, data: { secret, text: secret.repeat(50) } })
      const error = await rejectsWith('SESS_TOO_LARGE', save, 'data that is too large')
      showsNone(error, [session.id], [secret], 'the error of data that is too large')
    },
  },
  'are-unhandled-where-nobody-awaits': {
    title: 'a call that fails and that nobody awaits is an unhandled rejection, whichever the method',
    async run({ bare, put }) {
      const { id } = await put()
      const calls = failing(bare, id)
      const heard = await unhandledOf(calls, async () => void (await bare.exists(id)))
      if (heard === undefined) return unheard
      const swallowed = calls.map(({ method }) => method).filter((method) => !heard.has(method))
      same(swallowed, [], 'an error that nobody awaits is swallowed')
      return undefined
    },
  },
  'an-id-that-is-no-string-is-a-type-error': {
    title: 'an id that is no string rejects with a TypeError, and never throws before it returns a promise',
    async run({ store }) {
      for (const [method, requires, call] of callsWithAnId) {
        if (requires && !store.capabilities[requires as keyof typeof store.capabilities]) continue
        for (const id of notStrings) {
          await rejectsWithTypeError(() => call(store, id as never), `${method} with an id that is no string`)
        }
      }
    },
  },
  'nothing-throws-synchronously': {
    title: 'every method with wrong arguments rejects, and throws nothing at its caller',
    async run({ store }) {
      const methods = ['save', 'load', 'delete', 'exists'] as const
      const more = (['create', 'update', 'touch', 'rotate'] as const).filter((name) => store.capabilities[name])
      const index = store.capabilities.identityIndex ? (['listByIdentity', 'deleteByIdentity'] as const) : []
      const handles = store.capabilities.handles ? (['deleteByHandle'] as const) : []
      const states = store.capabilities.states ? (['putState', 'consumeState'] as const) : []
      for (const method of [...methods, ...more, ...index, ...handles, ...states]) {
        for (const argument of [Symbol('wrong'), 42, true]) {
          await rejectsWithTypeError(
            () => (store[method] as (argument: unknown) => Promise<unknown>)(argument as never),
            `${method} with a wrong argument`,
          )
        }
      }
    },
  },
  'nothing-secret-is-logged': {
    title: 'no id and no data is written to the console, whether calls succeed or fail',
    async run({ store, put, newId }) {
      const ids = [newId()]
      const written = await output(async () => {
        const session = await put({ id: ids[0] ?? '', identity: alice, data: { secret } })
        await store.save(session)
        await store.load(session.id)
        await put({ id: session.id, data: { secret, cart: [() => secret] } as never }).catch(() => {})
        if (store.capabilities.update) await store.update(session.id, () => fail('mine')).catch(() => {})
        if (store.capabilities.create) ids.push((await store.create({ data: { secret } })).id)
        if (store.capabilities.rotate) ids.push((await store.rotate(session.id))?.id ?? '')
        if (store.capabilities.states) ids.push(await store.putState({ data: { secret } }))
        await store.delete(session.id)
        await store.save({ ...session, version: 'gone' }).catch(() => {})
      })
      for (const id of ids) holds(id === '' || !written.includes(id), 'an id is written to the console')
      holds(!written.includes(secret), 'data is written to the console')
    },
  },
})

const consoleMethods = ['log', 'info', 'warn', 'error', 'debug'] as const

/** All that is written to the console and the standard streams meanwhile; it is still written. */
async function output(action: () => Promise<void>): Promise<string> {
  let text = ''
  const restores: (() => void)[] = []
  function listen<Name extends string>(target: Record<Name, (...parts: never[]) => unknown>, name: Name): void {
    const original = target[name]
    target[name] = (...parts: never[]) => {
      text += parts.map((part) => (typeof part === 'string' ? part : logged(part))).join(' ')
      return original.apply(target, parts)
    }
    restores.push(() => {
      target[name] = original
    })
  }
  for (const stream of [process.stdout, process.stderr]) listen(stream as never, 'write')
  for (const method of consoleMethods) listen(console as never, method)
  try {
    await action()
  } finally {
    for (const restore of restores) restore()
  }
  return text
}
