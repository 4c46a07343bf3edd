import { SessionError } from '@sess/core'
import type { IndexMode } from './writer.ts'

/** The meaning of `maxmemory-policy` for a store. */
export interface Eviction {
  readonly mode: IndexMode
  /** Whether the server may have removed a record before its time. */
  readonly mayEvict: boolean
  /** The application should hear of this. */
  readonly warning: SessionError | null
}

/**
 * A server that evicts keys may drop an index, and with it what "sign out everywhere" goes by.
 * @throws `SESS_CONFIG` where it may, and the application has not accepted that
 */
export function evictionOf(policies: readonly string[], accepts: boolean): Eviction {
  const evicting = policies.find((policy) => policy.startsWith('allkeys')) ?? policies.find((policy) => !isKept(policy))
  if (evicting !== undefined && !accepts) throw config(`${evicts(evicting)}. ${remedy}`)
  if (evicting !== undefined) {
    // Keys without a TTL are safe from the policies that begin like this.
    const mode = evicting.startsWith('volatile-') ? 'lasting' : 'healing'
    return { mode, mayEvict: true, warning: config(`${evicts(evicting)}, which is accepted`) }
  }
  if (!policies.includes('')) return { mode: '', mayEvict: false, warning: null }
  const warning = config(`its maxmemory-policy is unknown, as it does not answer INFO memory. ${remedy}`)
  return { mode: accepts ? 'healing' : '', mayEvict: accepts, warning }
}

const remedy =
  "Set maxmemory-policy to noeviction, or accept with the option eviction: 'accept' that sessions are lost when memory is full"

function isKept(policy: string): boolean {
  return policy === 'noeviction' || policy === ''
}

function evicts(policy: string): string {
  return `its maxmemory-policy is ${policy}: when memory is full the server may remove sessions, and the indexes by which "sign out everywhere" finds them`
}

function config(sentence: string): SessionError {
  return new SessionError('SESS_CONFIG', `Redis: ${sentence}`)
}
