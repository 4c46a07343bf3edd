import type { WriteOperation, WriteOutcome } from '@sess/core'
import { replyError } from './errors.ts'
import { decodeRecord, encodeRecord, encodeState, instantText } from './record-text.ts'

/** The arguments of one write to the script: its kind and what that takes. */
export function argumentsOf(operation: WriteOperation): string[] {
  const { kind } = operation
  switch (kind) {
    case 'insert':
    case 'put':
    case 'replace':
      return [kind, ...encodeRecord(operation.record)]
    case 'swap':
      return [kind, ...encodeRecord(operation.record), operation.ifVersion, instantText(operation.ifExpiresAt)]
    case 'touch':
      return [kind, instantText(operation.expiresAt)]
    case 'delete':
    case 'rotate':
      return [kind]
    case 'putState':
      return ['put', ...encodeState(operation.record)]
    case 'takeState':
      return ['take']
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
