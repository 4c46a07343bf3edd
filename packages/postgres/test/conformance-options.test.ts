import { describeConformance } from '@sess/core/conformance'
import { describe, it } from 'vitest'
import { postgresHarness } from './harness.ts'
import { onServer } from './on-server.ts'

const expectedFailures = {
  'at-rest/ids-are-hashed': 'the ids are kept plain',
}

onServer('postgres15', 'ids kept plain, each operation alone, one connection', (server) => {
  const config = { ids: 'plain', coalesce: false, max: 1, table: 'Web_Sessions' } as const
  const harness = postgresHarness(server, (url) => ({ url, ...config }))
  describeConformance({ describe, it }, { ...harness, expectedFailures })
})
