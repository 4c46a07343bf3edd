import { describeConformance } from '@sess/core/conformance'
import { isSkipped, shared } from '@sess/testkit'
import { describe, it } from 'vitest'
import { postgresHarness } from './harness.ts'

describe.skipIf(isSkipped('pgbouncer'))('behind a PgBouncer that pools transactions', async () => {
  const { url } = await shared('pgbouncer')
  describeConformance(
    { describe, it },
    postgresHarness({ url, way: async () => {}, config: () => ({ url, prepare: false }) }),
  )
})
