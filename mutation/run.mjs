// npm run test:mutation              names the areas
// npm run test:mutation -- AREA      mutates an area: its TypeScript with Stryker, then what stands in strings
// npm run test:mutation -- AREA --texts   only the latter
// npm run test:mutation -- AREA [--texts] FILE...   only these files
//
// Slow: for people and for a nightly run. What Stryker found is kept, and only what changed since is mutated again.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker } from '../packages/testkit/src/broker.ts'
import { runProcess } from '../scripts/run-process.mjs'
import { areas } from './areas.mjs'
import { mutateTexts } from './mutate-texts.mjs'

const [name, ...rest] = process.argv.slice(2)
const only = rest.filter((argument) => argument !== '--texts')
const area = areas[name]
if (area === undefined) {
  console.error(`npm run test:mutation -- AREA, which is one of ${Object.keys(areas).join(', ')}`)
  process.exit(2)
}
process.env.SESS_MUTATION_TESTS = area.tests.join(',')

if (!rest.includes('--texts')) {
  const folder = mkdtempSync(join(tmpdir(), 'sess-mutation-'))
  const settings = join(folder, 'stryker.json')
  writeFileSync(
    settings,
    JSON.stringify({
      testRunner: 'vitest',
      plugins: ['@stryker-mutator/vitest-runner'],
      vitest: { configFile: 'mutation/vitest.config.ts' },
      mutate: only.length > 0 ? only : area.mutate,
      ignorePatterns: ['bench', 'dist', '.turbo', 'reports'],
      coverageAnalysis: 'perTest',
      concurrency: 1, // two runners would share the servers
      timeoutMS: 5_000,
      incremental: true,
      incrementalFile: `reports/mutation/${name}-incremental.json`,
      reporters: ['clear-text', 'json', 'progress-append-only'],
      jsonReporter: { fileName: `reports/mutation/${name}.json` },
      tempDirName: '.stryker-tmp',
    }),
  )
  const { code } = await runProcess('stryker', ['run', settings])
  rmSync(folder, { recursive: true })
  if (code !== 0) process.exitCode = 1
}
for (const file of area.texts ?? []) {
  const { mutants } = await import(`./${file}`)
  const chosen = mutants.filter((mutant) => only.length === 0 || only.includes(mutant.file))
  // The servers of the tests are the same for all mutants.
  await using _broker = await startBroker()
  if (!(await mutateTexts(file, chosen, area.tests))) process.exitCode = 1
}
