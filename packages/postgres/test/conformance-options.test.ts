import { describeConformance } from '@sess/core/conformance'
import { isSkipped, shared } from '@sess/testkit'
import { describe, it } from 'vitest'
import { postgresHarness } from './harness.ts'
import { onServer } from './on-server.ts'

onServer('postgres15', 'ids kept plain, each operation alone, one connection', ({ url }) => {
  describeConformance(
    { describe, it },
    postgresHarness({
      url,
      way: async () => {},
      config: () => ({ url, ids: 'plain', coalesce: false, max: 1, table: 'Web_Sessions' }),
    }),
  )
})
