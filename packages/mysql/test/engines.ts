import { isSkipped } from '@sess/testkit'
import { describe, test } from 'vitest'

const all = ['mysql9', 'mariadb'] as const

export type Engine = (typeof all)[number]

/** The servers that every test runs on; the person who runs the tests may leave one out. */
export const engines: readonly Engine[] = all.filter((name) => !isSkipped(name))

/** Says in the report which are left out, so that a file is never without a test. */
for (const name of all) {
  if (isSkipped(name)) describe.skip(name, () => test(`SESS_TEST_SKIP names ${name}`, () => {}))
}
