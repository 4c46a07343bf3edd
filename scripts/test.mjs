// npm test             all there is but the matrix: lint, types, every test from source, and the packages as published
// npm test -- ARGS...  only vitest, with these arguments: `npm test -- redis`
//
// The last line on standard output is the sum over all steps: `N passed, N failed, N skipped`.

import { checks } from './checks.mjs'
import { runProcess } from './run-process.mjs'
import { add, closingLine } from './total.mjs'
import { vitest } from './vitest.mjs'

async function check({ name, command }) {
  const { code } = await runProcess(command[0], command.slice(1))
  console.log(`${code === 0 ? 'passed' : 'FAILED'}: ${name}`)
  add(code === 0 ? { passed: 1 } : { failed: 1 })
}

const [source, built] = ['--project=source', '--project=packages-built']
const args = process.argv.slice(2)
if (args.some((arg) => arg.startsWith('--project'))) {
  await vitest(...args)
} else if (args.length > 0) {
  await vitest(source, built, ...args)
} else {
  for (const each of checks) await check(each)
  await vitest(source)
  await vitest(built) // by itself: the races of the former want both cores
}

closingLine()
