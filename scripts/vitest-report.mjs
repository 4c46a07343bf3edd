import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

/** The engines that the person who runs the tests asked to leave out: SESS_TEST_SKIP=redis,mysql */
const enginesToSkip = (process.env.SESS_TEST_SKIP ?? '').split(',').filter((word) => word.trim() !== '')

/** A skip is right only when it was asked for: the engine then stands in the test's name or in its path. */
function skipWasAskedFor(test) {
  return enginesToSkip.some((engine) => wordsOf(test).includes(wordsOf(engine)))
}

/** The words of a text with a space around each, as one string: `redis-cluster` is two words. */
function wordsOf(text) {
  return ` ${text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
    .join(' ')} `
}

/**
 * Counts what vitest's JSON report says. Whatever did not pass and was not asked to be skipped has failed: a test that
 * skips itself, a file that does not load, and a run that ends badly though all its tests passed (or without a report).
 * With `byName` the run was narrowed to tests of some name, and vitest skipped all others.
 */
export function countTests(reportPath, exitCode, { byName = false } = {}) {
  const counts = { passed: 0, failed: 0, skipped: 0, complaints: [] }
  let files
  try {
    files = JSON.parse(readFileSync(reportPath, 'utf8')).testResults
  } catch (error) {
    return { ...counts, failed: 1, complaints: [`FAILED: vitest left no report (${error.message})`] }
  }
  for (const file of files) {
    const path = relative(process.cwd(), file.name)
    for (const test of file.assertionResults) {
      const name = `${path}: ${test.fullName}`
      if (test.status === 'passed') counts.passed++
      else if (test.status === 'failed') counts.failed++
      else if (byName || skipWasAskedFor(name)) counts.skipped++
      else {
        counts.failed++
        counts.complaints.push(`FAILED: ${name} (${test.status}; SESS_TEST_SKIP does not ask for it)`)
      }
    }
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      counts.failed++
      counts.complaints.push(`FAILED: ${path} (${file.message})`)
    }
  }
  if (exitCode !== 0 && counts.failed === 0) {
    counts.failed++
    counts.complaints.push(`FAILED: vitest ended with ${exitCode ?? 'a signal'} though no test failed`)
  }
  return counts
}
