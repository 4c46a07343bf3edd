import { type ChildProcess, spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Owner } from './unprivileged-user.ts'
import { tellWatchdog } from './watchdog.ts'

export interface ServerCommand {
  /** For messages: 'redis'. */
  name: string
  command: string
  args: readonly string[]
  /** Where its log goes. */
  folder: string
  owner?: Owner | null
  env?: NodeJS.ProcessEnv
  /** What ends it for good without leaving anything in the kernel: 'SIGKILL' by default. */
  endSignal?: NodeJS.Signals
  /** True once it answers. Asked again and again; an error counts as not yet. */
  isReady: (pid: number) => Promise<boolean>
}

export interface ServerProcess {
  readonly pid: number
  /** Ends it for good. */
  stop(): Promise<void>
  /** Kills it with SIGKILL: an outage. */
  kill(): Promise<void>
  /** Starts it again with the same port and data, killing it first if it runs. */
  restart(): Promise<void>
}

const startTimeoutMs = 60_000

/** Starts a server and resolves when it is ready. */
export async function startServerProcess(server: ServerCommand): Promise<ServerProcess> {
  let child = await launch(server)
  return {
    get pid() {
      return child.pid ?? 0
    },
    stop: () => end(child, server.endSignal ?? 'SIGKILL'),
    kill: () => kill(child),
    async restart() {
      await kill(child)
      child = await launch(server)
    },
  }
}

async function launch(server: ServerCommand): Promise<ChildProcess> {
  const logFile = join(server.folder, 'server.log')
  const log = await open(logFile, 'a')
  // The shell waits for a line before it becomes the server. By then the watchdog knows it; and if this process is
  // killed in between, the shell reads the end of its input, and there never is a server.
  const child = spawn('/bin/sh', ['-c', 'read -r go && exec "$@" </dev/null', 'sh', server.command, ...server.args], {
    cwd: server.folder,
    detached: true,
    stdio: ['pipe', log.fd, log.fd],
    env: { ...process.env, LC_ALL: 'C', ...server.env },
    ...(server.owner ?? {}),
  })
  const { pid } = child
  await log.close()
  if (pid === undefined) throw new Error(`${server.name}: /bin/sh could not be started`)
  child.unref()
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  child.once('exit', () => tellWatchdog({ do: 'forget', pid }).catch(() => {}))
  await tellWatchdog({ do: 'watch', pid, endSignal: server.endSignal ?? 'SIGKILL' })
  child.stdin?.end('go\n')

  const giveUpAt = Date.now() + startTimeoutMs
  while (!(await server.isReady(pid).catch(() => false))) {
    const isLate = Date.now() > giveUpAt
    if (hasEnded() || isLate) {
      const reason = isLate
        ? `was not ready within ${startTimeoutMs} ms`
        : `ended (${child.exitCode ?? child.signalCode})`
      await end(child, 'SIGKILL')
      const tail = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-25).join('\n')
      throw new Error(`${server.name}: starting it failed: it ${reason}. The end of its log:\n${tail}`)
    }
    await sleep(20)
  }
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  const children = await childrenOf(child.pid)
  await end(child, 'SIGKILL')
  for (const pid of children) signalIfAlive(pid, 'SIGKILL')
  // A server that starts again while one of them still holds its shared memory would refuse to.
  const giveUpAt = Date.now() + startTimeoutMs
  for (const pid of children) while ((await isRunning(pid)) && Date.now() < giveUpAt) await sleep(5)
}

/** False for a process that has ended, though nobody may have asked for its exit code yet. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && !/\) [ZX] /.test(stat)
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const { pid } = child
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  signalIfAlive(-pid, signal) // the whole process group, which it leads
  const patience = setTimeout(() => signalIfAlive(-pid, 'SIGKILL'), 5000)
  await exited
  clearTimeout(patience)
}

/** PostgreSQL's processes lead sessions of their own, so that a signal to the group of the first does not reach them. */
async function childrenOf(pid: number | undefined): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return list.split(' ').filter(Boolean).map(Number)
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended already.
  }
}
