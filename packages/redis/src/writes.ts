import type { WriteKind, WriteOperation, WriteOutcome } from '@sess/core'
import { replyError } from './errors.ts'
import { constantText, deadlineText, decodeRecord, decodeTimes, restText, timesText } from './record-text.ts'

/** A state has the form of a record, so that one set of scripts serves both. */
const stateConstant = constantText({ deadline: null, createdAt: 0 })

/** By which letter the script knows a kind of write. */
export const kindLetters: Readonly<Record<WriteKind, string>> = {
  insert: 'i',
  put: 'p',
  replace: 'r',
  compareAndSwap: 's',
  touch: 't',
  delete: 'd',
  rotate: 'o',
  putState: 'p',
  consumeState: 'k',
}

/** The two operands of a write for the script: its times, and its text. */
export function operandsOf(operation: WriteOperation, now: number): [string, string] {
  switch (operation.kind) {
    case 'insert':
    case 'put': {
      const { record } = operation
      return [timesText(record.expiresAt, now), constantText(record) + restText(record)]
    }
    case 'replace':
      return [timesText(operation.record.expiresAt, now), restText(operation.record)]
    case 'compareAndSwap': {
      const { record, ifVersion } = operation
      return [`${timesText(record.expiresAt, now)} ${ifVersion}`, restText(record)]
    }
    case 'rotate': {
      const { record, ifVersion } = operation
      return [`${timesText(record.expiresAt, now)} ${ifVersion}`, deadlineText(record.deadline) + restText(record)]
    }
    case 'touch':
      return [timesText(operation.expiresAt, now), '']
    case 'putState': {
      const { expiresAt, payload } = operation.record
      return [timesText(expiresAt, now), `${stateConstant} - ${payload}`]
    }
    default:
      return ['', '']
  }
}

/** What the script's reply to one write means. Numbers are texts where a client asks for that (`stringNumbers`). */
export function outcomeOf(operation: WriteOperation, reply: number | string): WriteOutcome {
  const text = String(reply)
  if (text.startsWith('!')) return replyError(text.slice(1))
  switch (operation.kind) {
    case 'replace':
      return text === '' ? null : decodeTimes(text)
    case 'compareAndSwap':
    case 'rotate':
      return /^\d/.test(text) ? decodeTimes(text) : (text as 'conflict' | 'gone' | 'taken')
    case 'touch':
      return text === '' ? null : Number(text)
    case 'consumeState':
      return text === '' ? null : decodeRecord(operation.key, text)
    default:
      return text === '1'
  }
}
