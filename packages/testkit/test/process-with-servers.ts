import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import type { ServerName } from '../src/index.ts'
import { descendantsOf, folderOf, isRunning } from './outcome-of-a-process.ts'

/** Starts servers in a child process, which then waits or ends by itself. */
export async function startIn(manner: 'end' | 'wait', servers: readonly ServerName[]) {
  const child = spawnFixture(manner, servers)
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer]
  const parsed = JSON.parse(String(line)) as number[]
  // PostgreSQL's own children count as well.
  const all = manner === 'end' ? parsed : [...parsed, ...parsed.flatMap(descendantsOf)]
  if (manner === 'end') return { child, pids: all, folders: [] }
  const folders = parsed.map(folderOf)
  expect(parsed.every(isRunning)).toBe(true) // a child of PostgreSQL may have been a passing one
  expect(folders.every((folder) => existsSync(folder))).toBe(true)
  return { child, pids: all, folders }
}

export function spawnFixture(manner: 'end' | 'wait', servers: readonly ServerName[], env = {}): ChildProcess {
  const script = fileURLToPath(new URL('./fixtures/starts-servers.ts', import.meta.url))
  const args = [script, manner, ...servers]
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}
