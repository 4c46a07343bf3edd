import { describeConformance } from '@sess/core/conformance'
import { shared } from '@sess/testkit'
import { describe, it } from 'vitest'
import { engines } from './engines.ts'
import { mysqlHarness } from './harness.ts'

describe.each(engines.filter((name) => name === 'mysql9'))('%s, by URL', async (name) => {
  describeConformance(
    { describe, it },
    mysqlHarness(await shared(name), (url) => ({ url })),
  )
})
