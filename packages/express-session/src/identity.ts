import type { Identity, Session } from '@sess/core'
import type { JsonObject } from './json.ts'
import type { Settings } from './options.ts'

type Person = Pick<Session, 'identity' | 'authenticatedAt'>

const nobody: Person = { identity: null, authenticatedAt: null }

/** Who a session's data says is signed in, asked only where an option tells; `before`: who it was, and since when. */
export function personOf(data: () => JsonObject, settings: Settings, before: Person = nobody): Person {
  if (settings.identity === null) return { identity: before.identity, authenticatedAt: before.authenticatedAt }
  const identity: Identity | null = settings.identity(data()) ?? null
  if (identity === null) return nobody
  return {
    identity,
    authenticatedAt: isSame(identity, before.identity) ? before.authenticatedAt : new Date(settings.now()),
  }
}

function isSame(identity: Identity, other: Identity | null): boolean {
  return other !== null && identity.providerId === other.providerId && identity.externalId === other.externalId
}
