import { type ExecFileOptions, execFile } from 'node:child_process'

interface CommandOptions {
  cwd?: string
  uid?: number
  gid?: number
  env?: NodeJS.ProcessEnv
  /** What the command reads on its standard input; nothing by default. */
  input?: string
}

/** Runs a command to its end and returns its standard output; rejects with what it printed when it fails. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { input = '', ...rest } = options
  const execOptions: ExecFileOptions = { ...rest, maxBuffer: 64 * 1024 * 1024, encoding: 'utf8' }
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, execOptions, (error, stdout, stderr) => {
      if (error === null) return resolve(String(stdout))
      const printed = `${stdout}\n${stderr}`.trim().split('\n').slice(-15).join('\n')
      reject(
        new Error(`${command} ${args.slice(0, 3).join(' ')} ... failed: ${error.code ?? error.signal}\n${printed}`),
      )
    })
    child.stdin?.on('error', () => {}) // a command that ended before it read its input says so by its exit code
    child.stdin?.end(input)
  })
}
