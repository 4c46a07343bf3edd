import { describeConformance } from '@sess/core/conformance'
import { describe, it } from 'vitest'
import { strangeClient } from './clients.ts'
import { postgresHarness } from './harness.ts'
import { onServer } from './on-server.ts'

onServer('postgres-newest', "with the application's own client, options and all", (server) => {
  describeConformance(
    { describe, it },
    postgresHarness(server, (url) => ({ sql: strangeClient(url) })),
  )
})
