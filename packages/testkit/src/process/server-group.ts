import type { Address, Controls, Running } from '../server.ts'

/** Puts several servers under one set of controls: an outage of the group is one of them all. */
export function serverGroup<A extends Address>(members: readonly Controls[], address: A): Running<A> {
  const stop = async () => {
    await Promise.all(members.map((member) => member.stop()))
  }
  return {
    ...address,
    get pids() {
      return members.flatMap((member) => member.pids)
    },
    stop,
    async kill() {
      await Promise.all(members.map((member) => member.kill()))
    },
    async restart() {
      await Promise.all(members.map((member) => member.restart()))
    },
    [Symbol.asyncDispose]: stop,
  }
}

/** Starts several servers at once; when one of them cannot be started, the others are stopped. */
export async function startAll<R extends Controls>(starts: readonly Promise<R>[]): Promise<R[]> {
  const outcomes = await Promise.allSettled(starts)
  const started = outcomes.filter((outcome) => outcome.status === 'fulfilled').map((outcome) => outcome.value)
  const failure = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failure === undefined) return started
  await Promise.all(started.map((server) => server.stop()))
  throw failure.reason
}
