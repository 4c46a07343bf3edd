// npm test             all there is: lint, types, every test from source, and the packages as they would be published
// npm test -- ARGS...  only vitest, with these arguments: `npm test -- redis`
//
// The last line on standard output is the sum over all steps: `N passed, N failed, N skipped`.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checks } from './checks.mjs'
import { runProcess } from './run-process.mjs'
import { countTests } from './vitest-report.mjs'

const total = { passed: 0, failed: 0, skipped: 0 }
const add = (counts) => {
  for (const key of Object.keys(total)) total[key] += counts[key] ?? 0
}

async function check({ name, command }) {
  const { code } = await runProcess(command[0], command.slice(1))
  console.log(`${code === 0 ? 'passed' : 'FAILED'}: ${name}`)
  add(code === 0 ? { passed: 1 } : { failed: 1 })
}

async function vitest(...args) {
  const folder = mkdtempSync(join(tmpdir(), 'sess-test-'))
  const report = join(folder, 'report.json')
  const { code } = await runProcess('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...args,
  ])
  const byName = args.some((arg) => /^(-t|--testNamePattern\b)/.test(arg))
  const { complaints, ...counts } = countTests(report, code, { byName })
  rmSync(folder, { recursive: true })
  for (const complaint of complaints) console.log(complaint)
  add(counts)
}

const args = process.argv.slice(2)
if (args.length > 0) {
  await vitest(...args)
} else {
  for (const each of checks) await check(each)
  await vitest('--project=source')
  await vitest('--project=packages-built') // by itself: the races of the former want both cores
}

if (total.failed > 0 || total.passed === 0) process.exitCode = 1
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
