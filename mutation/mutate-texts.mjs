import { readFileSync, writeFileSync } from 'node:fs'
import { runProcess } from '../scripts/run-process.mjs'

/**
 * Puts mutants into files one at a time and runs the tests: a mutant that no test notices survives. A mutant is
 * `{ file, find, replace }`, where `find` occurs once; `equivalent` says why one cannot be noticed.
 * @returns whether every mutant that is not equivalent was noticed
 */
export async function mutateTexts(title, mutants) {
  const survivors = []
  let equivalent = 0
  for (const mutant of mutants) {
    if (mutant.equivalent !== undefined) {
      equivalent += 1
      continue
    }
    if (!(await isNoticed(mutant))) survivors.push(mutant)
  }
  for (const { file, find, replace } of survivors) console.log(`survived: ${file}\n  - ${find}\n  + ${replace}`)
  const killed = mutants.length - equivalent - survivors.length
  console.log(
    `${title}: ${mutants.length} mutants, ${killed} noticed, ${equivalent} equivalent, ${survivors.length} survived`,
  )
  return survivors.length === 0
}

async function isNoticed({ file, find, replace }) {
  const original = readFileSync(file, 'utf8')
  if (original.split(find).length !== 2) throw new Error(`${file} has not once: ${find}`)
  const restore = () => writeFileSync(file, original)
  // The file is put back also where the run is ended from outside.
  process.once('exit', restore)
  writeFileSync(
    file,
    original.replace(find, () => replace),
  )
  try {
    const args = ['run', '--config', 'mutation/vitest.config.ts', '--bail=1', '--reporter=dot']
    const { code } = await runProcess('vitest', args, { stdio: ['ignore', 'ignore', 'ignore'] })
    return code !== 0
  } finally {
    restore()
    process.off('exit', restore)
  }
}
