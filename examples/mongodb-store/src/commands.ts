import type { WriteOperation } from '@sess/core'
import type { Document } from 'mongodb'

/**
 * Each kind of write as one command: what the filter finds is replaced by a document, updated by a pipeline, or removed.
 * What is stored is in the command by name alone, so that nothing need be read before.
 */
export function commandOf(operation: WriteOperation, now: number): [filter: Document, change?: Document | Document[]] {
  const { key } = operation
  const live = { key, expiresAt: { $gt: now } }
  // A live one is not found, and then its key refuses another one.
  if (operation.kind === 'insert') return [{ key, expiresAt: { $lte: now } }, operation.record]
  if (operation.kind === 'put' && operation.ifLive) return [live, operation.record]
  if (operation.kind === 'put' || operation.kind === 'putState') return [{ key }, operation.record]
  if (operation.kind === 'consumeState') return [{ key }]
  if (operation.kind === 'delete') {
    return [{ key, ...(operation.ifIdentityKeys && { identityKey: { $in: operation.ifIdentityKeys } }) }]
  }
  if (operation.kind === 'touch') {
    const ttlMs = operation.ttlMs ?? { $ifNull: ['$ttlMs', operation.defaultTtlMs] }
    const expiresAt = { $min: [{ $add: [operation.seenAt, ttlMs] }, '$deadline'] }
    return [live, [{ $set: { lastSeenAt: operation.seenAt, expiresAt } }]]
  }
  const { keepsExpiry, expiresAt, createdAt, ttlMs, deadline, ...written } = operation.record
  const isRotation = operation.kind === 'rotate'
  const values = Object.entries(isRotation ? { ...written, createdAt, ttlMs, deadline } : written)
  const changed = {
    ...Object.fromEntries(values.map(([name, value]) => [name, { $literal: value }])),
    expiresAt: { $min: [keepsExpiry ? '$expiresAt' : expiresAt, isRotation ? deadline : '$deadline'] },
  }
  // A document of another version stays as it is: so a conflict is told from a session that is gone.
  const asRead = operation.kind === 'replace' || { $eq: ['$version', { $literal: operation.ifVersion }] }
  return [live, [{ $replaceWith: { $cond: [asRead, { $mergeObjects: ['$$ROOT', changed] }, '$$ROOT'] } }]]
}
