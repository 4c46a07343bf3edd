import type { Session } from '../contract/session.ts'
import type { SessionStore } from '../contract/session-store.ts'
import type { CaseContext } from './conformance-case.ts'
import { race } from './race.ts'
import { dayMs } from './samples.ts'

/** One race for each round: a fresh session, two clients, and what must hold afterwards. */
export function raceOf<A, B>(
  first: (store: SessionStore, session: Session, context: CaseContext) => Promise<A>,
  second: (store: SessionStore, session: Session, context: CaseContext) => Promise<B>,
  judge: (
    outcomes: [PromiseSettledResult<A>, PromiseSettledResult<B>],
    session: Session,
    context: CaseContext,
  ) => Promise<void>,
  fields: Partial<Session> = {},
): (context: CaseContext) => Promise<void> {
  return async (context) => {
    const other = await context.peer()
    await race(async (start) => {
      const session = await context.put({ data: { n: 0 }, ...fields })
      const outcomes = await start(
        () => first(context.store, session, context),
        () => second(other, session, context),
      )
      await judge(outcomes, session, context)
      await context.store.delete(session.id)
    })
  }
}

export const save = (store: SessionStore, session: Session) => store.save({ ...session, data: { n: 0, saved: true } })
export const update = (store: SessionStore, { id }: Session) =>
  store.update(id, async ({ data }) => {
    await Promise.resolve()
    data.updated = true
  })
export const touch = (store: SessionStore, { id }: Session) => store.touch(id, { ttl: dayMs })
export const rotate = (store: SessionStore, { id }: Session) => store.rotate(id)
export const remove = (store: SessionStore, { id }: Session) => store.delete(id)
