import { readdir, readFile } from 'node:fs/promises'

/** Of a second, in /proc of every Linux. */
const ticksPerSecond = 100

/**
 * CPU seconds, user and system, that these processes have used so far, with all that they started; null where that cannot
 * be known: a server that was started elsewhere, a system other than Linux.
 */
export async function cpuSecondsOf(pids: readonly number[]): Promise<number | null> {
  if (pids.length === 0 || process.platform !== 'linux') return null
  const ticks = await Promise.all(pids.map(ticksOf))
  return ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond
}

/** Of a process and all below it. What has ended is in the account of the one that started it. */
async function ticksOf(pid: number): Promise<number> {
  const [own, children] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), childrenOf(pid)])
  // A child may end in between.
  const below = await Promise.all(children.map((child) => ticksOf(child).catch(() => 0)))
  return below.reduce((sum, each) => sum + each, ticksIn(own))
}

/** utime, stime, cutime and cstime of a line of /proc/PID/stat. The program's name may have spaces and parentheses in it. */
export function ticksIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
}

/** These processes and all below them; on a system other than Linux none. */
export async function processTree(pids: readonly number[]): Promise<number[]> {
  const trees = await Promise.all(
    pids.map(async (pid) => [pid, ...(await processTree(await childrenOf(pid).catch(() => [])))]),
  )
  return trees.flat()
}

/** A process may be started by any of the threads. */
async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`)
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  )
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number))
}
