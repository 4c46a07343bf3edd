import { inspect } from 'node:util'
import { isSessionError } from '../../contract/errors.ts'
import type { SessionStore } from '../../contract/session-store.ts'
import { caseGroup, type Requirement } from '../conformance-case.ts'
import { fail, holds, rejection, rejectsWithTypeError, same } from '../expectations.ts'
import { alice, hourMs, notStrings } from '../samples.ts'

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

/** What a log line would show of an error: message, stack, properties and causes. */
export function logged(error: unknown): string {
  return inspect(error, { depth: Number.POSITIVE_INFINITY, maxStringLength: null, showHidden: true, breakLength: 1e9 })
}

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
    title: 'no id and no data appears in an error, its stack, its properties or its causes',
    async run({ store, put }) {
      const gone = await put({ identity: alice, data: { secret } })
      await store.delete(gone.id)
      const { id } = await put()
      for (const [what, , , requires, call] of failures) {
        if (requires.includes('create') && !store.capabilities.create) continue
        const text = logged(await rejection(() => call(store, id, gone), what))
        for (const hidden of [gone.id, id]) holds(!text.includes(hidden), `the error of ${what} shows the id`)
        holds(!text.includes(secret), `the error of ${what} shows data`)
      }
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
