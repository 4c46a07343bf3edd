import { spawn } from 'node:child_process'

/**
 * Runs a command in the foreground and resolves to how it ended: `{ code }` or `{ signal }`.
 * SIGTERM and SIGHUP are handed on to it. So is SIGINT, unless there is a terminal: Ctrl-C there reaches the whole
 * process group, and a program that takes a second SIGINT for "leave at once" must not get one that nobody sent.
 */
export function runProcess(command, args, { env = process.env, stdio = 'inherit' } = {}) {
  const child = spawn(command, args, { env, stdio })
  const handOn = (signal) => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, handOn)

  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      for (const each of signals) process.off(each, handOn)
      resolve({ code, signal })
    })
  })
}

/** Ends this process the way that another one ended, so that whoever waits for this one sees the same. */
export function endLike({ code, signal }) {
  if (signal) process.kill(process.pid, signal)
  else process.exit(code)
}
