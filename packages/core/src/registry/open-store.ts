import { configError } from '../config/problems.ts'
import { defaultTimeoutMs } from '../config/store-options.ts'
import { SessionError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import { isPlainObject } from '../contract/plain-object.ts'
import type { SessionStore } from '../contract/session-store.ts'
import { checkConfig } from './checked-config.ts'
import type { StoreDefinition } from './definition.ts'
import { inTime } from './in-time.ts'
import type { DefaultStore, InstalledStore, UncheckedStore } from './store-input.ts'
import { storeRequest } from './store-request.ts'

/**
 * Opens a store by URL, by `{ type, config }`, or by a whole document with such an object under `session_store`, as a YAML
 * file holds them, and resolves when it has answered a `ping`. An object without a type means memory; a
 * `type` that is undefined is an error. In an object a duration has a unit: `ttl: '24h'`.
 * @throws `SESS_CONFIG` with every problem of the configuration at once, each with its path
 * @throws `SESS_UNKNOWN_STORE` when the type or scheme is not registered: the message says what to install and import
 * @throws `SESS_TIMEOUT` when the store has not opened within its `timeoutMs`
 * @throws what the store's `ping` rejects with, e.g. `SESS_UNAVAILABLE`; the store is closed then
 * @example
 * ```ts
 * import '@sess/sqlite'
 * const store = await openStore('sqlite:./sessions.db')
 * ```
 */
export function openStore<Data extends object = JsonObject>(
  input: string | InstalledStore | DefaultStore,
): Promise<SessionStore<Data>>
export function openStore<const Input, Data extends object = JsonObject>(
  input: UncheckedStore<Input>,
): Promise<SessionStore<Data>>
export async function openStore(input: unknown): Promise<SessionStore> {
  const request = storeRequest(input)
  const { definition } = request
  const { type } = definition
  const checked = await inTime(checkConfig(request), defaultTimeoutMs, `the check of the config of a ${type} store`)
  const problems = [...request.problems, ...('problems' in checked ? checked.problems : [])]
  if ('problems' in checked || problems.length > 0) throw configError(`Bad configuration of a ${type} store`, problems)
  const timeoutMs = timeoutOf(checked.value)
  const store = await open(definition, checked.value, timeoutMs)
  try {
    // The store's own time-out fires first, and its error says more.
    await inTime(
      toPromise(() => store.ping()),
      timeoutMs * 2,
      `the ping of a ${type} store`,
    )
  } catch (error) {
    // The error of the ping says more than an error of the close.
    await inTime(
      toPromise(() => store.close()),
      timeoutMs,
      '',
    ).catch(() => {})
    throw error
  }
  return store
}

async function open(definition: StoreDefinition, config: unknown, timeoutMs: number): Promise<SessionStore> {
  const opening = toPromise(() => definition.open(config as never))
  let store: unknown
  try {
    store = await inTime(opening, timeoutMs, `the opening of a ${definition.type} store`)
  } catch (error) {
    // Nobody has a store that opens after the time-out, so close it.
    opening.then((late) => late.close()).catch(() => {})
    throw error
  }
  const missing = ['ping', 'close'].find(
    (method) => typeof (store as Record<string, unknown> | null)?.[method] !== 'function',
  )
  if (missing === undefined) return store as SessionStore
  throw new SessionError(
    'SESS_CONFIG',
    `open of store type '${definition.type}' must resolve with a session store: what it gave has no method ${missing}`,
  )
}

/** Calls a third party's function and returns a promise of its result or error. */
async function toPromise<T>(run: () => T | Promise<T>): Promise<T> {
  return run()
}

function timeoutOf(config: unknown): number {
  const { timeoutMs } = isPlainObject(config) ? config : {}
  return typeof timeoutMs === 'number' && timeoutMs > 0 ? timeoutMs : defaultTimeoutMs
}
