import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { processTree } from './server-cpu.ts'

/**
 * Keeps a client on the first of its CPUs and its servers, with all that they started, on the others, until it is disposed:
 * where there is `taskset` (Linux) and more than one CPU; elsewhere it does nothing.
 *
 * V8's profiler interrupts the main thread by a signal of another thread. Sent to another CPU of a virtual machine it may not
 * arrive before the next system call, which then has the time of all that came before. And a server that wakes up on the
 * client's CPU runs while the client writes to it, which would count as the writing.
 */
export async function apart(client: number, servers: readonly number[]): Promise<AsyncDisposable> {
  const all = (await cpusOf(client)) ?? []
  const others = all.slice(1)
  const divide = async (forClient: readonly number[], forServers: readonly number[]) => {
    if (others.length === 0) return
    const trees = await Promise.all(servers.map(processTree))
    for (const pid of trees.flat()) await keepOn(forServers, pid)
    await keepOn(forClient, client)
  }
  await divide(all.slice(0, 1), others)
  return { [Symbol.asyncDispose]: () => divide(all, all) }
}

/** The CPUs that a process may run on; null where that can't be known. */
export async function cpusOf(pid: number): Promise<readonly number[] | null> {
  const told = await taskset('--cpu-list', '--pid', String(pid))
  return told === null ? null : numbersOf(told.slice(told.lastIndexOf(':') + 1))
}

/** `0,2-4` are 0, 2, 3 and 4. */
export function numbersOf(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
}

/** All threads of a process, which may be gone by then. */
async function keepOn(cpus: readonly number[], pid: number): Promise<void> {
  await taskset('--all-tasks', '--cpu-list', '--pid', cpus.join(','), String(pid))
}

/** What it prints; null where it fails, or is not there. */
async function taskset(...args: readonly string[]): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('taskset', args)
    return stdout
  } catch {
    return null
  }
}
