import type { Capabilities } from '../contract/capabilities.ts'
import type { JsonObject } from '../contract/json.ts'
import type { SessionStore } from '../contract/session-store.ts'
import type { SessionBackend } from './backend.ts'
import { BackendSessionStore } from './backend-session-store.ts'
import type { StoreOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'

/**
 * Makes a whole store of a backend's storage primitives: ids and hashing, the codec, expiry, validation, errors, time-outs,
 * coalescing, background clean-up, tracing, close. Nothing connects before the first use.
 * @throws `SESS_CONFIG` naming every option that is wrong
 */
export function createSessionStore<Data extends object = JsonObject>(
  backend: SessionBackend,
  options: StoreOptions = {},
): SessionStore<Data> {
  const resolved = resolveOptions(
    backend.type,
    options,
    backend.expiresByItself === true || backend.cleanExpired === undefined,
  )
  const store = new BackendSessionStore<JsonObject>(backend, capabilitiesOf(backend, resolved.ids), resolved)
  return store as unknown as SessionStore<Data>
}

/** What a store on this backend can do follows from what the backend brings. */
function capabilitiesOf(backend: SessionBackend, ids: 'hashed' | 'plain'): Capabilities {
  const { writes } = backend
  return Object.freeze({
    create: writes.includes('insert'),
    update: writes.includes('compareAndSwap'),
    touch: writes.includes('touch'),
    rotate: writes.includes('rotate'),
    count: backend.count !== undefined,
    cleanExpired: backend.cleanExpired !== undefined,
    identityIndex: backend.listByIdentity !== undefined && backend.deleteByIdentity !== undefined,
    handles: ids === 'hashed' || backend.scan !== undefined,
    states: writes.includes('putState') && writes.includes('consumeState'),
    scan: backend.scan !== undefined,
  })
}
