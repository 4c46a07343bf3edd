import { describeConformance } from '@sess/core/conformance'
import { describe, it } from 'vitest'
import { clientKinds, newest } from './clients.ts'
import { harnessOf } from './harness.ts'
import { onServer } from './on-server.ts'

for (const kind of clientKinds(newest).slice(1)) {
  onServer('pgbouncer', `behind a PgBouncer that pools transactions, over ${kind.name}`, (server) => {
    describeConformance({ describe, it }, harnessOf(server, kind, { prepare: false }))
  })
}
