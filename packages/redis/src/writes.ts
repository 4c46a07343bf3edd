import type { WriteOperation, WriteOutcome } from '@sess/core'
import { replyError } from './errors.ts'
import { constantText, decodeRecord, instantText, restText, timesText } from './record-text.ts'

/** A state has the form of a record, so that one set of scripts serves both. */
const stateConstant = constantText({ deadline: null, createdAt: 0 })

/** The arguments of one write to the script: its kind and what that takes. */
export function argumentsOf(operation: WriteOperation, now: number): string[] {
  const { kind } = operation
  switch (kind) {
    case 'insert':
    case 'put': {
      const { record } = operation
      return [kind, timesText(record.expiresAt, now), constantText(record), restText(record)]
    }
    case 'replace':
      return [kind, timesText(operation.record.expiresAt, now), restText(operation.record)]
    case 'swap': {
      const { record, ifExpiresAt, ifVersion } = operation
      return [kind, timesText(record.expiresAt, now), restText(record), instantText(ifExpiresAt), ifVersion]
    }
    case 'touch':
      return [kind, timesText(operation.expiresAt, now)]
    case 'putState': {
      const { expiresAt, payload } = operation.record
      return ['put', timesText(expiresAt, now), stateConstant, ` - ${payload}`]
    }
    case 'takeState':
      return ['take']
    default:
      return [kind]
  }
}

const swapOutcomes = ['gone', 'written', 'conflict'] as const

/** What the script's reply to one write means. Numbers are texts where a client asks for that (`stringNumbers`). */
export function outcomeOf(operation: WriteOperation, reply: number | string): WriteOutcome {
  const text = String(reply)
  if (text.startsWith('!')) return replyError(text.slice(1))
  switch (operation.kind) {
    case 'swap':
      return swapOutcomes[Number(text)] as WriteOutcome
    case 'touch':
      return text === '' ? null : Number(text)
    case 'takeState':
      return text === '' ? null : decodeRecord(operation.key, text)
    case 'rotate':
      return text === '' ? null : text === 'taken' ? text : decodeRecord(operation.newKey, text)
    default:
      return text === '1'
  }
}
