import { describeWithCauses } from './expectations.ts'

export interface CaseReport {
  readonly id: string
  readonly group: string
  readonly title: string
  readonly status: 'passed' | 'failed' | 'skipped'
  /** What a failed case threw. */
  readonly error?: Error
  /** Why a case was skipped, or what is to be known of a passed one. */
  readonly reason?: string
}

export interface ConformanceReport {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly cases: readonly CaseReport[]
}

export function summarize(cases: readonly CaseReport[]): ConformanceReport {
  const having = (status: CaseReport['status']) => cases.filter((each) => each.status === status).length
  return { passed: having('passed'), failed: having('failed'), skipped: having('skipped'), cases }
}

const marks = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' } as const

/**
 * The report as text: every case by group, with its status and reason, what a failed one threw and what caused that, and the totals on
 * the last line.
 */
export function formatReport(report: ConformanceReport): string {
  const lines: string[] = []
  let group: string | undefined
  for (const each of report.cases) {
    if (each.group !== group) lines.push(...(group === undefined ? [] : ['']), each.group)
    group = each.group
    lines.push(`  ${marks[each.status]} ${each.id}: ${each.title}${each.reason ? ` (${each.reason})` : ''}`)
    if (each.status === 'failed') lines.push(indented(each.error))
  }
  lines.push('', `${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`)
  return lines.join('\n')
}

function indented(error: unknown): string {
  return describeWithCauses(error).replace(/^/gm, '       ')
}
