import { formatReport, runConformance } from '../../../src/conformance/index.ts'
import { referenceHarness } from '../reference-harness.ts'

const report = await runConformance(referenceHarness())
process.stdout.write(`${formatReport(report)}\n`)
process.exitCode = report.failed > 0 ? 1 : 0
