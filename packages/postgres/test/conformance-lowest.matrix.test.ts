import { describeConformance } from '@sess/core/conformance'
import { describe, it } from 'vitest'
import { clientKinds } from './clients.ts'
import { harnessOf } from './harness.ts'
import { lowest } from './lowest.ts'
import { onServer } from './on-server.ts'

for (const kind of clientKinds(lowest)) {
  onServer('postgres15', `the lowest version of the driver, over ${kind.name}`, (server) => {
    describeConformance({ describe, it }, harnessOf(server, kind))
  })
}
