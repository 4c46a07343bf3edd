import { describeConformance } from '@sess/core/conformance'
import { isSkipped, shared } from '@sess/testkit'
import { describe, it } from 'vitest'
import { strangeClient } from './clients.ts'
import { postgresHarness } from './harness.ts'

describe.skipIf(isSkipped('postgres-newest'))("with the application's own client, options and all", async () => {
  const { url } = await shared('postgres-newest')
  describeConformance(
    { describe, it },
    postgresHarness({ url, way: async () => {}, config: () => ({ sql: strangeClient(url) }) }),
  )
})
