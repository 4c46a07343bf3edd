import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'

/** Whether a process runs; a dead one that nobody has taken note of yet does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Where a server of ours keeps its files: its working folder, or the folder that it is in. */
export function folderOf(pid: number): string {
  const folder = /\/[^\0]*\/sess-[a-z-]+-[0-9a-f]{12}/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.[0]
  if (folder === undefined) throw new Error(`process ${pid} names no folder of the testkit`)
  return folder
}

/** The children of a process, and theirs. */
export function descendantsOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`
  // A process that a server started and that has ended by now has none.
  const listed = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const children = listed.split(' ').filter(Boolean).map(Number)
  return [...children, ...children.flatMap(descendantsOf)]
}

export async function expectGone(pids: readonly number[], folders: readonly string[], withinMs: number): Promise<void> {
  const giveUpAt = Date.now() + withinMs
  while (Date.now() < giveUpAt && (pids.some(isRunning) || folders.some((folder) => existsSync(folder))))
    await sleep(20)
  expect(pids.filter(isRunning)).toEqual([])
  expect(folders.filter((folder) => existsSync(folder))).toEqual([])
}
