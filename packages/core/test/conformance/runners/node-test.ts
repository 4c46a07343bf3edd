import { describe, it } from 'node:test'
import { describeConformance } from '../../../src/conformance/index.ts'
import { harness } from './harness.ts'

describeConformance({ describe, it }, harness)
