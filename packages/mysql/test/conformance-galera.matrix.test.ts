import { describeConformance } from '@sess/core/conformance'
import { describe, it } from 'vitest'
import { onTwoNodes } from './cluster-nodes.ts'
import { mysqlHarness } from './harness.ts'

onTwoNodes('galera', 'galera, by URL, with peers on another node', (one, other) => {
  describeConformance(
    { describe, it },
    mysqlHarness(one, (url) => ({ url }), other),
  )
})
