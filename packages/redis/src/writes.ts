import type { WriteKind, WriteOperation, WriteOutcome } from '@sess/core'
import { replyError } from './errors.ts'
import { seriesOf } from './key-layout.ts'
import { constantText, deadlineText, decodeRecord, decodeTimes, restText, timesText } from './record-text.ts'

/** A state has the form of a record, so that one set of scripts serves both. */
const stateConstant = constantText({ deadline: null, createdAt: 0 }, '000000')

/** By which letter the scripts know a kind of write. */
export const kindLetters: Readonly<Record<WriteKind, string>> = {
  insert: 'i',
  put: 'p',
  replace: 'r',
  compareAndSwap: 'c',
  touch: 't',
  delete: 'd',
  rotate: 'o',
  putState: 'P',
  consumeState: 'k',
}

/** Adds the operands of a write, as many as its kind has. */
export function addOperands(args: string[], operation: WriteOperation, now: number): void {
  switch (operation.kind) {
    case 'insert':
    case 'put': {
      const { key, record } = operation
      args.push(timesText(record.expiresAt, now), constantText(record, seriesOf(key)) + restText(record))
      return
    }
    case 'replace':
      args.push(timesText(operation.record.expiresAt, now), restText(operation.record))
      return
    case 'compareAndSwap': {
      const { record, ifVersion } = operation
      args.push(timesText(record.expiresAt, now), ifVersion, restText(record))
      return
    }
    case 'rotate': {
      const { record, ifVersion } = operation
      args.push(timesText(record.expiresAt, now), ifVersion, deadlineText(record.deadline) + restText(record))
      return
    }
    case 'touch':
      args.push(timesText(operation.expiresAt, now))
      return
    case 'putState': {
      const { expiresAt, payload } = operation.record
      args.push(timesText(expiresAt, now), `${stateConstant} - ${payload}`)
    }
  }
}

/** What a script's reply to one write means. Numbers are texts where a client asks for that. */
export function outcomeOf(operation: WriteOperation, reply: number | string): WriteOutcome {
  const text = String(reply)
  if (text.startsWith('!')) return replyError(text.slice(1))
  switch (operation.kind) {
    case 'replace':
      return text === 'gone' ? null : decodeTimes(text)
    case 'compareAndSwap':
    case 'rotate':
      return text === 'gone' || text === 'conflict' || text === 'taken' ? text : decodeTimes(text)
    case 'touch':
      return text === 'gone' ? null : Number(text)
    case 'consumeState':
      return text === 'gone' ? null : decodeRecord(operation.key, text)
    case 'put':
    case 'putState':
      return true
    default:
      return text === '1'
  }
}
