import type { Address, Controls, NodesAddress, Running } from '../server.ts'

export type RunningNodes = Running<NodesAddress> & {
  /** The nodes one by one, in the order of `nodes`. */
  readonly members: readonly Running[]
}

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

/** A group of servers that hold the same data. */
export function nodeGroup(members: readonly Running[]): RunningNodes {
  const nodes = members.map(({ url, host, port, version }) => ({ url, host, port, version }))
  const [first] = nodes as [Address]
  return Object.assign(serverGroup<NodesAddress>(members, { ...first, nodes }), { members })
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
