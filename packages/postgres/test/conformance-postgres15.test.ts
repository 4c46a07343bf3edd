import { describeConformance } from '@sess/core/conformance'
import { describe, it } from 'vitest'
import { postgresHarness } from './harness.ts'
import { onServer } from './on-server.ts'

/** A store with a pool of its own, by URL. */
onServer('postgres15', 'by URL', (server) => {
  describeConformance(
    { describe, it },
    postgresHarness(server, (url) => ({ url })),
  )
})
