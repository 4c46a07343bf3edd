import { invalidArgument } from '../contract/errors.ts'
import type { SaveOptions } from '../contract/method-options.ts'
import type { Session, SessionInput } from '../contract/session.ts'
import type { SessionStore } from '../contract/session-store.ts'
import { BackendSessionStore } from './backend-session-store.ts'
import { isObject } from './encoding/codec.ts'
import { JsonText, jsonText } from './encoding/json-text.ts'

/**
 * Saves a session whose data is JSON text. It is for adapters: a store that {@link createSessionStore} made writes the text
 * as it is, and does not walk through the data again. Everything else is as in `store.save`: conditions, versions, errors,
 * `maxBytes`. Any other store gets the parsed data by its own `save`: what `wrapStore` returns, a third party's store, and a
 * store with a schema for its data.
 * @returns the stored session, with its data as text
 * @throws `TypeError` for data that {@link jsonText} did not make
 * @throws `SESS_GONE`, `SESS_CONFLICT`, `SESS_TOO_LARGE`, `SESS_INVALID_DATA` and every other error of `save`
 * @example
 * ```ts
 * const { version } = await saveJson(store, { id, data: jsonText(request.session) }, { if: 'absent' })
 * ```
 */
export async function saveJson(
  store: SessionStore,
  session: SessionInput<JsonText>,
  options?: SaveOptions,
): Promise<Session<JsonText>> {
  if (!isObject(store)) throw invalidArgument('store must be a session store', 'type')
  if (!isObject(session)) throw invalidArgument('session must be an object', 'type')
  const { data } = session
  if (!(data instanceof JsonText)) throw invalidArgument('session.data must be made by jsonText', 'type')
  const saved = BackendSessionStore.saveText(store, session, options)
  if (saved !== null) return saved
  const stored = await store.save({ ...session, data: data.parse() }, options)
  return { ...stored, data: jsonText(stored.data) }
}
