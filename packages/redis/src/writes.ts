import type { ChangedRecord, WriteOperation, WriteOutcome } from '@sess/core'
import { replyError } from './errors.ts'
import { seriesOf } from './key-layout.ts'
import {
  deadlineText,
  decodeRecord,
  decodeTimes,
  keptText,
  restText,
  seenText,
  timesText,
  ttlText,
} from './record-text.ts'

/** A state has the form of a record, so that one set of scripts serves both. */
const stateHead = seenText(0) + keptText({ deadline: null, createdAt: 0, ttlMs: null }, '000000')

/** By which letter the scripts know a kind of write. */
export function letterOf(operation: WriteOperation): string {
  if (operation.kind === 'put' && operation.ifLive) return 'q'
  if (operation.kind === 'delete' && operation.ifIdentityKeys !== undefined) return 'x'
  return letters[operation.kind]
}

const letters = {
  insert: 'i',
  put: 'p',
  replace: 'r',
  compareAndSwap: 'c',
  touch: 't',
  delete: 'd',
  rotate: 'o',
  putState: 'P',
  consumeState: 'k',
} as const

/** Adds the operands of a write, as many as its kind has. */
export function addOperands(args: string[], operation: WriteOperation, now: number): void {
  switch (operation.kind) {
    case 'insert':
    case 'put': {
      const { key, record } = operation
      const head = seenText(record.lastSeenAt) + keptText(record, seriesOf(key))
      args.push(timesText(record.expiresAt, now), head + restText(record))
      return
    }
    case 'replace': {
      const { record } = operation
      args.push(timesOf(record, now), seenText(record.lastSeenAt) + restText(record))
      return
    }
    case 'compareAndSwap': {
      const { record, ifVersion } = operation
      args.push(timesOf(record, now), ifVersion, seenText(record.lastSeenAt) + restText(record))
      return
    }
    case 'rotate': {
      const { record, ifVersion } = operation
      const head = seenText(record.lastSeenAt) + deadlineText(record.deadline) + ttlText(record.ttlMs)
      args.push(timesOf(record, now), ifVersion, head + restText(record))
      return
    }
    case 'touch':
      args.push(seenText(operation.seenAt), String(operation.ttlMs ?? -operation.defaultTtlMs))
      return
    case 'delete':
      if (operation.ifIdentityKeys !== undefined) args.push(operation.ifIdentityKeys.join(' '))
      return
    case 'putState': {
      const { expiresAt, payload } = operation.record
      args.push(timesText(expiresAt, now), `${stateHead} - ${payload}`)
    }
  }
}

function timesOf({ keepsExpiry, expiresAt }: ChangedRecord, now: number): string {
  return timesText(keepsExpiry ? null : expiresAt, now)
}

/** Decodes a script's reply to one write. A client may be set to give numbers as strings. */
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
      return text !== '0'
    case 'putState':
      return true
    default:
      return text === '1'
  }
}
