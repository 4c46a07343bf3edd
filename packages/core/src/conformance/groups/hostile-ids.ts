import { createHash } from 'node:crypto'
import { caseGroup } from '../conformance-case.ts'
import { fail, holds, rejectsWithTypeError, same } from '../expectations.ts'
import { alice, all, bob, handleOf, hourMs, loaded, malformedIds, only, refOf } from '../samples.ts'

const everyCharacter = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~:+/=@-'

/** Ids that are in order, however odd. */
const oddIds: readonly string[] = [
  'a',
  '0',
  everyCharacter,
  'x'.repeat(512),
  `${'x'.repeat(511)}y`,
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'null',
  'undefined',
  'session:abc',
  '-',
  '--',
  '=',
  '/',
  '550e8400-e29b-41d4-a716-446655440000',
  'case',
  'CASE',
  'Case',
  'case.',
  'case/',
  'case-',
]

export const hostileIdCases = caseGroup('hostile-ids', [], {
  'malformed-is-not-found': {
    title: 'a malformed id is null or false, and touches nothing',
    async run({ store, put }) {
      const { capabilities } = store
      const sessions = [await put({ identity: alice }), await put({ id: 'abc' }), await put({ id: 'a' })]
      for (const [what, id] of malformedIds) {
        same(await store.load(id), null, `load of an id that is ${what}`)
        same(await store.exists(id), false, `exists of an id that is ${what}`)
        same(await store.delete(id), false, `delete of an id that is ${what}`)
        if (capabilities.touch) same(await store.touch(id), null, `touch of an id that is ${what}`)
        if (capabilities.rotate) same(await store.rotate(id), null, `rotate of an id that is ${what}`)
        if (!capabilities.update) continue
        same(await store.update(id, () => fail('the change is not called')), null, `update of an id that is ${what}`)
      }
      for (const session of sessions) same(await store.load(session.id), session, 'a malformed id touches no session')
    },
  },
  'malformed-is-not-saved': {
    title: 'a save under a malformed id is a TypeError with ERR_INVALID_ARG_VALUE that does not show it',
    async run({ store, clock }) {
      for (const [what, id] of malformedIds) {
        const save = () => store.save({ id, expiresAt: clock.in(hourMs) })
        const error = await rejectsWithTypeError(save, `a save under an id that is ${what}`)
        same((error as { code?: unknown }).code, 'ERR_INVALID_ARG_VALUE', `a save under an id that is ${what}`)
        same(await store.load(id), null, 'nothing is stored under a malformed id')
      }
      const error = await rejectsWithTypeError(
        () => store.save({ id: 'my secret id!', expiresAt: clock.in(hourMs) }),
        'a save under an id with spaces',
      )
      holds(!`${error.stack}`.includes('my secret id'), 'the error does not show the id')
      if (store.capabilities.count) same(await store.count(), 0, 'nothing is stored')
    },
  },
  'odd-but-valid-are-kept-apart': {
    title: 'every id of 1 to 512 of the allowed characters works, and each is its own',
    async run({ store, clock }) {
      for (const id of oddIds) same(await store.load(id), null, 'an id that nothing was saved under is null')
      for (const [n, id] of oddIds.entries())
        await store.save({ id, expiresAt: clock.in(hourMs), data: { n }, identity: alice })
      for (const [n, id] of oddIds.entries()) {
        const session = await loaded(store, id, `a session saved as ${id.slice(0, 40)}`)
        same([session.id, session.data], [id, { n }], `a session saved as ${id.slice(0, 40)} is its own`)
      }
      if (store.capabilities.count) same(await store.count(), oddIds.length, 'each id is one session')
      if (store.capabilities.scan) same((await all(store)).length, oddIds.length, 'each id is one entry')
      for (const id of oddIds) same(await store.delete(id), true, `a session saved as ${id.slice(0, 40)} is deleted`)
      if (store.capabilities.count) same(await store.count(), 0, 'all are deleted')
    },
  },
  'stored-hash-is-no-id': {
    title: 'the SHA-256 of an id, in any writing, is not accepted for it',
    async run({ store, put }) {
      const { capabilities } = store
      const session = await put({ identity: alice })
      const digest = createHash('sha256').update(session.id).digest()
      for (const encoding of ['base64url', 'base64', 'hex'] as const) {
        const hash = digest.toString(encoding)
        same(await store.load(hash), null, 'load does not accept the hash of an id')
        same(await store.exists(hash), false, 'exists does not accept the hash of an id')
        same(await store.delete(hash), false, 'delete does not accept the hash of an id')
        if (capabilities.touch) same(await store.touch(hash), null, 'touch does not accept the hash of an id')
        if (capabilities.rotate) same(await store.rotate(hash), null, 'rotate does not accept the hash of an id')
        if (capabilities.update)
          same(await store.update(hash, () => {}), null, 'update does not accept the hash of an id')
      }
      same(await store.load(session.id), session, 'the session is untouched')
    },
  },
  'plain-ids-keep-every-promise': {
    title: 'with ids kept as they are, sessions are stored, listed, rotated and deleted like any other',
    requires: ['options', 'identityIndex', 'rotate', 'handles'],
    options: () => ({ ids: 'plain' }),
    async run({ store, put }) {
      const session = await put({ identity: alice, data: { n: 1 } })
      same(await store.load(session.id), session, 'a session under a plain id loads')
      const rotated = (await store.rotate(session.id)) ?? fail('a session under a plain id can be rotated')
      same(await store.load(session.id), null, 'the old id is dead')
      const { id, handle } = rotated
      same(await store.load(id), { ...session, id, handle }, 'the new id has the session')
      const summary = only(await store.listByIdentity(refOf(alice)), 'sessions of the person')
      holds(!JSON.stringify(summary).includes(rotated.id), 'no field of a summary carries the id')
      same(await store.deleteByIdentity(refOf(alice), { except: rotated.id }), 0, 'except spares a plain id')
      same(await store.deleteByHandle(await handleOf(store, alice)), true, 'a handle names a session under a plain id')
      for (const id of oddIds) await put({ id, identity: bob, data: { id } })
      for (const id of oddIds) same((await loaded(store, id)).data, { id }, 'each plain id is its own')
      same(await store.deleteByIdentity(refOf(bob)), oddIds.length, 'all are ended')
    },
  },
})
