import type { Profiler } from 'node:inspector'
import { idle, roomOf } from './rooms.ts'

/** Microseconds of a profile's samples by room. */
export function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Record<string, number> {
  const rooms = roomsOf(nodes)
  const times: Record<string, number> = {}
  samples.forEach((id, index) => {
    const room = rooms.get(id) ?? idle
    times[room] = (times[room] ?? 0) + (timeDeltas[index] ?? 0)
  })
  return times
}

/** The shares of the time that is not idle. */
export function sharesOf({ [idle]: _, ...busy }: Readonly<Record<string, number>>): Record<string, number> {
  const whole = Object.values(busy).reduce((sum, time) => sum + time, 0)
  return Object.fromEntries(Object.entries(busy).map(([room, time]) => [room, time / whole]))
}

/** Of each node by its id, from the root on. */
function roomsOf(nodes: readonly Profiler.ProfileNode[]): Map<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const rooms = new Map<number, string>()
  const enter = (node: Profiler.ProfileNode | undefined, caller: string) => {
    if (node === undefined) return
    const { url, functionName } = node.callFrame
    const place = url === '' ? `${caller} > ${functionName}` : `${url} ${functionName}`
    rooms.set(node.id, roomOf(place))
    for (const child of node.children ?? []) enter(byId.get(child), place)
  }
  enter(nodes[0], '')
  return rooms
}
