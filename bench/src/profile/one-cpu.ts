import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs `work` with this process on one CPU, where there is `taskset` (Linux); elsewhere as it is. */
export async function onOneCpu<T>(work: () => Promise<T>): Promise<T> {
  const cpus = await cpusOfThisProcess()
  const [first] = cpus?.match(/\d+/) ?? []
  if (cpus === null || first === undefined) return work()
  await keepTo(first)
  try {
    return await work()
  } finally {
    await keepTo(cpus)
  }
}

/** A list as `0,2-3`; null where it can't be known. */
export async function cpusOfThisProcess(): Promise<string | null> {
  try {
    const told = await taskset('--cpu-list', '--pid', String(process.pid))
    return told.slice(told.lastIndexOf(':') + 1).trim()
  } catch {
    return null
  }
}

/** All threads of this process. */
async function keepTo(cpus: string): Promise<void> {
  await taskset('--all-tasks', '--cpu-list', '--pid', cpus, String(process.pid))
}

async function taskset(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('taskset', args)
  return stdout
}
