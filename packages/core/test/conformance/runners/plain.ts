import { formatReport, runConformance } from '../../../src/conformance/index.ts'
import { harness } from './harness.ts'

const report = await runConformance(harness)
process.stdout.write(`${formatReport(report)}\n`)
process.exitCode = report.failed > 0 ? 1 : 0
