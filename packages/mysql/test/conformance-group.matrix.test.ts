import { describeConformance } from '@sess/core/conformance'
import { describe, it } from 'vitest'
import { onTwoNodes } from './cluster-nodes.ts'
import { asRoot, mysqlHarness } from './harness.ts'

onTwoNodes('mysql-group', 'a MySQL group, by URL, with peers on another node', async (one, other) => {
  // By default a group applies a write elsewhere some time after it was answered. So a write waits for all; reads wait for none.
  for (const node of [one, other]) {
    await asRoot(node, (root) => root.query("set global group_replication_consistency = 'AFTER'"))
  }
  describeConformance(
    { describe, it },
    // A hundred updates of one session from two nodes follow each other, and all nodes run on this machine.
    mysqlHarness(one, (url) => ({ url, timeoutMs: 30_000 }), other),
  )
})
