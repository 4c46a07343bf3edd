import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProcess } from './run-process.mjs'
import { add } from './total.mjs'
import { countTests } from './vitest-report.mjs'

/** Runs vitest, and adds what it counted to the total. */
export async function vitest(...args) {
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
