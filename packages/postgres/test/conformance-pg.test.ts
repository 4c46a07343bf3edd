import { describeConformance } from '@sess/core/conformance'
import { describe, it } from 'vitest'
import { clientKinds, newest, strangePool } from './clients.ts'
import { harnessOf, postgresHarness } from './harness.ts'
import { onServer } from './on-server.ts'

onServer('postgres-newest', 'by URL, with pg', (server) => {
  describeConformance({ describe, it }, harnessOf(server, clientKinds(newest)[1]))
})

onServer('postgres-newest', "with the application's own pool of pg, options and all", (server) => {
  describeConformance(
    { describe, it },
    postgresHarness(server, (url) => ({ pool: strangePool(url) })),
  )
})
