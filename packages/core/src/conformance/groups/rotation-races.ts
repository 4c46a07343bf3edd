import { caseGroup } from '../conformance-case.ts'
import { fail, same } from '../expectations.ts'
import { value, valueOr } from '../race.ts'
import { loaded } from '../samples.ts'
import { raceOf, remove, rotate, save, touch, update } from '../session-race.ts'

/** The races of a rotation: there is one session all the time, under one id. */
export const rotationRaceCases = caseGroup('races', ['rotate'], {
  'rotate-and-delete': {
    title: 'a rotation beside a delete: one of them finds the session, and the old id is dead',
    run: raceOf(rotate, remove, async ([rotated, deleted], session, { store }) => {
      const moved = value(rotated, 'a rotation beside a delete')
      const removed = value(deleted, 'a delete beside a rotation')
      same(moved === null, removed, 'either the rotation or the delete finds the session')
      same(await store.load(session.id), null, 'the old id is dead')
      if (moved) same(await store.load(moved.id), moved, 'the rotated session is live')
    }),
  },
  'rotate-and-rotate': {
    title: 'of two rotations one wins, and there is one session',
    run: raceOf(rotate, rotate, async ([first, second], session, { store }) => {
      const moved = [value(first, 'a rotation'), value(second, 'a rotation')].filter((each) => each !== null)
      same(moved.length, 1, 'one of two rotations wins')
      same(await store.load(session.id), null, 'the old id is dead')
      const [winner] = moved
      same(await store.load(winner?.id ?? ''), winner, 'the winner has the session')
      await store.delete(winner?.id ?? '')
    }),
  },
  'rotate-and-save': {
    title: 'a save beside a rotation is carried over or refused',
    run: raceOf(rotate, save, async ([rotated, saved], session, { store }) => {
      const moved = value(rotated, 'a rotation beside a save') ?? fail('the rotation finds the session')
      const written = valueOr(saved, 'SESS_GONE', 'a save beside a rotation')
      same(await store.load(session.id), null, 'no save revives the old id')
      const { data } = await loaded(store, moved.id)
      same(data, written ? { n: 0, saved: true } : { n: 0 }, 'a save that resolved is carried over, one refused is not')
      await store.delete(moved.id)
    }),
  },
  'rotate-and-update': {
    title: 'an update beside a rotation is carried over or null',
    requires: ['update'],
    run: raceOf(rotate, update, async ([rotated, updated], session, { store }) => {
      const moved = value(rotated, 'a rotation beside an update') ?? fail('the rotation finds the session')
      const written = value(updated, 'an update beside a rotation')
      same(await store.load(session.id), null, 'no update revives the old id')
      const { data } = await loaded(store, moved.id)
      same(
        data,
        written ? { n: 0, updated: true } : { n: 0 },
        'an update that resolved is carried over, a null one is not',
      )
      await store.delete(moved.id)
    }),
  },
  'rotate-and-touch': {
    title: 'a touch beside a rotation is carried over or null',
    requires: ['touch'],
    run: raceOf(rotate, touch, async ([rotated, touched], session, { store }) => {
      const moved = value(rotated, 'a rotation beside a touch') ?? fail('the rotation finds the session')
      const until = value(touched, 'a touch beside a rotation')
      same(await store.load(session.id), null, 'no touch revives the old id')
      const { expiresAt } = await loaded(store, moved.id)
      same(expiresAt, until ?? session.expiresAt, 'a touch that resolved is carried over, a null one is not')
      await store.delete(moved.id)
    }),
  },
})
