import { describeConformance } from '@sess/core/conformance'
import { describe, it } from 'vitest'
import { onTwoNodes } from './cluster-nodes.ts'
import { mysqlHarness } from './harness.ts'

onTwoNodes('mysql-group', 'a MySQL group, by URL, with peers on another node', (one, other) => {
  describeConformance(
    { describe, it },
    // A hundred updates of one session from two nodes follow each other, and all nodes run on this machine.
    mysqlHarness(one, (url) => ({ url, timeoutMs: 30_000 }), other),
  )
})
