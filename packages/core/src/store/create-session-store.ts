import type { StoreOptions } from '../config/store-options.ts'
import type { Capabilities } from '../contract/capabilities.ts'
import { invalidArgument } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import type { SessionStore } from '../contract/session-store.ts'
import type { SessionBackend } from './backend.ts'
import { BackendSessionStore } from './backend-session-store.ts'
import { isObject } from './encoding/codec.ts'
import { resolveOptions } from './resolve-options.ts'

/**
 * Builds a whole store on a backend's storage primitives: ids and hashing, the codec, expiry, validation, errors,
 * time-outs, coalescing, background clean-up, tracing, close. Nothing connects before the first use. The options may be a
 * config that the store's own schema has checked; its own fields may be in it.
 * @throws `SESS_CONFIG` naming every wrong option, `TypeError` where `backend` is not a backend
 */
export function createSessionStore<Data extends object = JsonObject>(
  backend: SessionBackend,
  options?: StoreOptions<Data>,
): SessionStore<Data>
/** For a checked config, whose type says nothing about the data. */
export function createSessionStore<Data extends object = JsonObject>(
  backend: SessionBackend,
  options: StoreOptions,
): SessionStore<Data>
export function createSessionStore<Data extends object>(
  backend: SessionBackend,
  options: StoreOptions = {},
): SessionStore<Data> {
  checkBackend(backend)
  const resolved = resolveOptions(
    backend.type,
    options,
    backend.expiresByItself === true || backend.cleanExpired === undefined,
  )
  return new BackendSessionStore<Data>(backend, capabilitiesOf(backend), resolved)
}

function checkBackend(backend: SessionBackend): void {
  if (!isObject(backend)) throw invalidArgument('backend must be an object', 'type')
  const { type, writes, read, write } = backend
  if (typeof type !== 'string') throw invalidArgument('backend.type must be a string', 'type')
  if (!Array.isArray(writes)) throw invalidArgument('backend.writes must be an array of kinds of write', 'type')
  if (typeof read !== 'function') throw invalidArgument('backend.read must be a function', 'type')
  if (typeof write !== 'function') throw invalidArgument('backend.write must be a function', 'type')
}

/** Derives the store's capabilities from the methods and writes of the backend. */
function capabilitiesOf(backend: SessionBackend): Capabilities {
  const { writes } = backend
  return Object.freeze({
    create: writes.includes('insert'),
    update: writes.includes('compareAndSwap'),
    touch: writes.includes('touch'),
    rotate: writes.includes('rotate'),
    count: backend.count !== undefined,
    cleanExpired: backend.cleanExpired !== undefined,
    identityIndex: backend.listByIdentity !== undefined && backend.deleteByIdentity !== undefined,
    handles: true,
    states: writes.includes('putState') && writes.includes('consumeState'),
    scan: backend.scan !== undefined,
  })
}
