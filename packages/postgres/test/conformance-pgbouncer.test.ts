import { describeConformance } from '@sess/core/conformance'
import { describe, it } from 'vitest'
import { postgresHarness } from './harness.ts'
import { onServer } from './on-server.ts'

onServer('pgbouncer', 'behind a PgBouncer that pools transactions', ({ url }) => {
  describeConformance(
    { describe, it },
    postgresHarness({ url, way: async () => {}, config: () => ({ url, prepare: false }) }),
  )
})
