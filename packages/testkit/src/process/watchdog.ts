import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { WatchdogOrder } from './watchdog-process.ts'

let watchdog: ChildProcess | undefined

/** Tells the watchdog what to end and delete when this process is gone; resolves when the order is on its way. */
export function tellWatchdog(order: WatchdogOrder): Promise<void> {
  watchdog ??= startWatchdog()
  const { stdin } = watchdog
  return new Promise((resolve, reject) => {
    if (stdin === null) return reject(new Error('the watchdog has no standard input'))
    stdin.write(`${JSON.stringify(order)}\n`, (error) => (error ? reject(error) : resolve()))
  })
}

function startWatchdog(): ChildProcess {
  const script = fileURLToPath(new URL('./watchdog-process.ts', import.meta.url))
  // Options of the test runner (loaders, inspectors) are not for this process.
  const env = { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' }
  const options = {
    detached: true,
    env,
    stdio: ['pipe', 'ignore', 'inherit'] as ['pipe', 'ignore', 'inherit'],
  }
  const child = spawn(process.execPath, [script], options)
  child.stdin?.on('error', () => {}) // who writes gets the error too
  // Neither the child nor its pipe keeps this process alive.
  child.unref()
  ;(child.stdin as Socket).unref()
  return child
}
