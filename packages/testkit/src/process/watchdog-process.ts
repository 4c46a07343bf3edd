// Runs apart from the process that starts servers, and outlives it. Its standard input is a pipe that the kernel closes
// when that process ends, in whatever way: from then on it kills the servers and deletes their folders.
// It imports nothing of this package, so that it starts in no time.
import { readFileSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** One line of standard input, as JSON. */
export type WatchdogOrder =
  | { do: 'watch'; pid: number; endSignal: NodeJS.Signals }
  | { do: 'forget'; pid: number }
  | { do: 'keep-clean'; folder: string }
  | { do: 'folder-is-gone'; folder: string }

const graceMs = 3000
const removalMs = 20_000
const servers = new Map<number, NodeJS.Signals>()
const folders = new Set<string>()

// Ctrl-C in a terminal reaches the whole group; the watchdog ends by itself, after its work.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as WatchdogOrder
  if (order.do === 'watch') servers.set(order.pid, order.endSignal)
  else if (order.do === 'forget') servers.delete(order.pid)
  else if (order.do === 'keep-clean') folders.add(order.folder)
  else folders.delete(order.folder)
}

for (const [pid, signal] of servers) sendSignal(pid, signal)
const giveUpAt = Date.now() + graceMs
while ([...servers.keys()].some(isAlive) && Date.now() < giveUpAt) await new Promise((wake) => setTimeout(wake, 20))
for (const pid of servers.keys()) sendSignal(pid, 'SIGKILL')
for (const folder of folders) await remove(folder)

/** A program that the dead process had started to fill the folder may go on for a moment. */
async function remove(folder: string): Promise<void> {
  for (const giveUpAt = Date.now() + removalMs; Date.now() < giveUpAt; ) {
    try {
      return rmSync(folder, { recursive: true, force: true })
    } catch {
      await new Promise((wake) => setTimeout(wake, 100))
    }
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal) // the whole process group: each server leads its own
  } catch {
    // It ended by itself.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    // It may be dead and only wait for the machine's first process to take note of it.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return process.platform !== 'linux'
  }
}
