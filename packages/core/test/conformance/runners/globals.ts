import { type ConformanceRunner, describeConformance } from '../../../src/conformance/index.ts'
import { harness } from './harness.ts'

// mocha's and jest's own, which their types are not here for
const { describe, it } = globalThis as unknown as ConformanceRunner

describeConformance({ describe, it }, harness)
