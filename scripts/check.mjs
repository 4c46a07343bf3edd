import { checks } from './checks.mjs'
import { runProcess } from './run-process.mjs'

for (const { command } of checks) {
  const { code } = await runProcess(command[0], command.slice(1))
  if (code !== 0) process.exitCode = 1
}
