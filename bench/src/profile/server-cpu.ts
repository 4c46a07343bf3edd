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
  const [, ...below] = await processTree(pid)
  const ticks = await Promise.all([ownTicksOf(pid), ...below.map((each) => ownTicksOf(each).catch(() => 0))])
  return ticks.reduce((sum, each) => sum + each, 0)
}

async function ownTicksOf(pid: number): Promise<number> {
  return ticksIn(await readFile(`/proc/${pid}/stat`, 'utf8'))
}

/** utime, stime, cutime and cstime of a line of /proc/PID/stat. The program's name may have spaces and parentheses in it. */
export function ticksIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
}

/** A process and, after it, all below it. */
export async function processTree(pid: number): Promise<number[]> {
  const children = await childrenOf(pid)
  // One may end in between.
  const below = await Promise.all(children.map((child) => processTree(child).catch(() => [])))
  return [pid, ...below.flat()]
}

/** A process may be started by any of the threads. */
async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`)
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  )
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number))
}
