import { describeConformance } from '@sess/core/conformance'
import { describe, it } from 'vitest'
import { postgresHarness } from './harness.ts'
import { onServer } from './on-server.ts'

onServer('pgbouncer', 'behind a PgBouncer that pools transactions', (server) => {
  describeConformance(
    { describe, it },
    postgresHarness(server, (url) => ({ url, prepare: false })),
  )
})
