import { readFileSync, writeFileSync } from 'node:fs'
import { runProcess } from '../scripts/run-process.mjs'

/**
 * Puts mutants into files one at a time and runs the tests: a mutant that no test notices survives. A mutant is
 * `{ file, find, replace }`, where `find` occurs once. `tests` are the globs of the tests that must notice it, which run one
 * after another until one of them fails; left out: those of the area. `equivalent` says why a mutant cannot be noticed.
 * @returns whether every mutant that is not equivalent was noticed
 */
export async function mutateTexts(title, mutants, testsOfArea) {
  const survivors = []
  const possible = mutants.filter(({ equivalent }) => equivalent === undefined)
  const testsOf = ({ tests = testsOfArea }) => tests
  for (const glob of new Set(possible.flatMap(testsOf))) {
    if (await fails(glob)) throw new Error(`without any mutant a test fails: ${glob}`)
  }
  for (const mutant of possible) {
    const noticedBy = await mutated(mutant, testsOf(mutant))
    if (noticedBy === undefined) survivors.push(mutant)
    console.log(`${noticedBy ?? 'NO TEST'} ${mutant.file}: ${mutant.find.trim()}`)
  }
  for (const { file, find, replace } of survivors) console.log(`survived: ${file}\n  - ${find}\n  + ${replace}`)
  const equivalent = mutants.length - possible.length
  const killed = possible.length - survivors.length
  console.log(
    `${title}: ${mutants.length} mutants, ${killed} noticed, ${equivalent} equivalent, ${survivors.length} survived`,
  )
  return survivors.length === 0
}

/** Returns the first of the globs whose tests notice the mutant. */
async function mutated({ file, find, replace }, tests) {
  const original = readFileSync(file, 'utf8')
  if (original.split(find).length !== 2) throw new Error(`${file} has not once: ${find}`)
  const restore = () => writeFileSync(file, original)
  // The file is put back also where the run is ended from outside.
  const end = () => process.exit(1)
  process.once('exit', restore)
  for (const signal of signals) process.once(signal, end)
  writeFileSync(
    file,
    original.replace(find, () => replace),
  )
  try {
    for (const glob of tests) if (await fails(glob)) return glob
    return undefined
  } finally {
    restore()
    process.off('exit', restore)
    for (const signal of signals) process.off(signal, end)
  }
}

const signals = ['SIGINT', 'SIGTERM']

async function fails(glob) {
  const args = ['run', '--config', 'mutation/vitest.config.ts', '--bail=1', '--reporter=dot']
  const env = { ...process.env, SESS_MUTATION_TESTS: glob }
  const { code } = await runProcess('vitest', args, { stdio: ['ignore', 'ignore', 'ignore'], env })
  return code !== 0
}
