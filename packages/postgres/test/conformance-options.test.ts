import { describeConformance } from '@sess/core/conformance'
import { describe, it } from 'vitest'
import { postgresHarness } from './harness.ts'
import { onServer } from './on-server.ts'

onServer('postgres15', 'ids kept plain, each operation alone, one connection', ({ url }) => {
  const harness = postgresHarness({
    url,
    way: async () => {},
    config: () => ({ url, ids: 'plain', coalesce: false, max: 1, table: 'Web_Sessions' }),
  })
  // What is stored shows the ids here.
  const { dump: _, ...withoutDump } = harness
  describeConformance({ describe, it }, withoutDump)
})
