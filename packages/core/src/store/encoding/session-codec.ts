import { SessionError } from '../../contract/errors.ts'
import type { ConsumedState } from '../../contract/method-options.ts'
import type { Identity, IdentityRef, Session, SessionSummary } from '../../contract/session.ts'
import type { SessionRecord, StateRecord, StoredTimes } from '../backend.ts'
import { copyData, copyIdentity, type DecodedPayload, decodePayload } from './codec.ts'
import type { DataSchema } from './data-schema.ts'
import { checkedLength, stringifyJson } from './json-copy.ts'
import type { JsonText } from './json-text.ts'
import { checkRecord, type EncodedSession, type PreparedSession, type SessionFields, storedSession } from './records.ts'
import type { Seal } from './seal.ts'
import { identityKeyOf, isHash, nextVersion, sha256 } from './session-id.ts'
import { encodeState, openState } from './states.ts'

export interface SessionCodecOptions {
  readonly ids: 'hashed' | 'plain'
  readonly maxBytes: number
  /** The idle time of a record that has none. */
  readonly ttlMs: number
  readonly seal: Seal | null
  readonly dataSchema: DataSchema | null
  /** How a session counts whose data does not fit the schema. */
  readonly onInvalidData: 'error' | 'absent'
}

/** Where ids are kept plain, session keys begin with this character. No SHA-256 in base64url has it. */
const plainMark = '='

/** Encodes and decodes sessions and states: keys, payloads, seal and schema. */
export class SessionCodec {
  readonly #options: SessionCodecOptions

  constructor(options: SessionCodecOptions) {
    this.#options = options
  }

  /** Returns the key of the session with this id. */
  keyOf(id: string): string {
    return this.#options.ids === 'hashed' ? sha256(id) : plainMark + sha256(id)
  }

  /** Returns the handle for a key: the SHA-256 of the id. */
  handleOf(key: string): string {
    return this.#options.ids === 'hashed' ? key : key.slice(plainMark.length)
  }

  /** Returns the key for a handle; null for a string that is not a handle. */
  keyOfHandle(handle: string): string | null {
    if (!isHash(handle)) return null
    return this.#options.ids === 'hashed' ? handle : plainMark + handle
  }

  /** True where a store with these options wrote a record under this key. */
  isOwn(key: string): boolean {
    return key.startsWith(plainMark) === (this.#options.ids === 'plain')
  }

  /** Returns the index keys under which a person's sessions may lie. */
  identityKeysOf(ref: IdentityRef): readonly string[] {
    return this.#options.seal?.identityKeysOf(ref) ?? [identityKeyOf(ref)]
  }

  /**
   * Encodes a session at the call, so that later changes by the caller do not count. `maxBytes` left out: the store's.
   * @throws `SESS_NOT_SERIALIZABLE` naming the path, `SESS_TOO_LARGE`, `SESS_INVALID_DATA`, `TypeError` for an identity or
   * data of another shape
   */
  prepare(fields: SessionFields, maxBytes = this.#options.maxBytes): PreparedSession {
    const { dataSchema, ids } = this.#options
    const identity = fields.identity === null ? null : copyIdentity(fields.identity, maxBytes)
    const data = dataSchema === null ? copyData(fields.data, maxBytes) : dataSchema.toStore(fields.data, maxBytes)
    const payload: DecodedPayload =
      fields.authenticatedAt === null ? { identity, data } : { identity, data, at: fields.authenticatedAt }
    return { fields, payload, json: ids === 'plain' ? null : stringifyJson(payload, maxBytes), maxBytes }
  }

  /** False where a schema has to see the data. */
  get takesText(): boolean {
    return this.#options.dataSchema === null
  }

  /** Does the same as `prepare` for data that is JSON text. The session that is made from it has the text as its data. */
  prepareText(fields: SessionFields, data: JsonText): PreparedSession {
    const { ids, maxBytes } = this.#options
    const identity = fields.identity === null ? null : copyIdentity(fields.identity, maxBytes)
    const at = fields.authenticatedAt ?? undefined
    const end = at === undefined ? '' : `,"at":${at}`
    const text = `{"identity":${stringifyJson(identity, maxBytes)},"data":${data.text}${end}}`
    const payload = { identity, data: data as never, ...(at !== undefined && { at }) }
    return { fields, payload, json: ids === 'plain' ? null : checkedLength(text, maxBytes), text, maxBytes }
  }

  /** Makes the record under a key. Its `expiresAt` is not later than its deadline. `version` left out: a new one. */
  encode(key: string, id: string, prepared: PreparedSession, version = nextVersion()): EncodedSession {
    const { fields, payload } = prepared
    const { createdAt, lastSeenAt, expiresAt, ttlMs, deadline } = fields
    const { identity } = payload
    const { seal } = this.#options
    const json = prepared.json ?? withId(prepared, id)
    const record = {
      key,
      version,
      createdAt,
      lastSeenAt,
      expiresAt: deadline === null ? expiresAt : Math.min(expiresAt, deadline),
      ttlMs,
      deadline,
      identityKey: identity === null ? null : this.#identityKeyOf(identity),
      payload: seal === null ? json : seal.seal({ kind: 'session', key }, json),
    }
    return { record, payload }
  }

  /** Makes the session for the caller after a write. `times` are those that the backend returned. */
  stored<Data extends object>(id: string, { record, payload }: EncodedSession, times?: StoredTimes): Session<Data> {
    return storedSession(id, this.handleOf(record.key), record, payload, this.#options.ttlMs, times)
  }

  /**
   * Decodes a record. Returns null where its data does not fit the schema and the store treats such sessions as absent.
   * @throws `SESS_CORRUPT` where sess did not write it, it does not open, or its data does not fit
   */
  decode<Data extends object>(id: string, record: SessionRecord): Session<Data> | null {
    checkRecord(record)
    const { seal, dataSchema, onInvalidData, ttlMs } = this.#options
    const { key } = record
    const payload = decodePayload(seal === null ? record.payload : seal.open({ kind: 'session', key }, record.payload))
    if (dataSchema !== null) {
      const data = dataSchema.fromStored(payload.data)
      if (data === null && onInvalidData === 'absent') return null
      if (data === null) {
        throw new SessionError('SESS_CORRUPT', 'the stored data does not fit the schema')
      }
      payload.data = data
    }
    return storedSession(id, this.handleOf(key), record, payload, ttlMs)
  }

  /** Decodes a record into a summary, which has no id. */
  decodeSummary<Data extends object>(record: SessionRecord): SessionSummary<Data> | null {
    const session = this.decode<Data>('', record)
    if (session === null) return null
    const { id: _none, ...summary } = session
    return summary
  }

  /** @throws `SESS_NOT_SERIALIZABLE` naming the path, `SESS_TOO_LARGE`, `TypeError` for data that is no object */
  encodeState(key: string, data: object, userAgent: string | undefined, createdAt: number): string {
    const { seal, maxBytes } = this.#options
    const payload = encodeState(data, userAgent, createdAt, maxBytes)
    return seal === null ? payload : seal.seal({ kind: 'state', key }, payload)
  }

  /** Opens a consumed state for a caller with this User-Agent. @throws `SESS_CORRUPT` where sess did not write it */
  openState(record: StateRecord | null, userAgent: string | undefined, now: number): ConsumedState | null {
    if (record === null || record.expiresAt <= now) return null
    const { seal } = this.#options
    const { key, payload } = record
    return openState(
      seal === null ? record : { ...record, payload: seal.open({ kind: 'state', key }, payload) },
      userAgent,
    )
  }

  #identityKeyOf(identity: Identity): string {
    const { seal } = this.#options
    return seal === null ? identityKeyOf(identity) : seal.identityKeyOf(identity)
  }
}

/** Writes the payload's JSON with the id in it. */
function withId({ text, payload, maxBytes }: PreparedSession, id: string): string {
  if (text === undefined) return stringifyJson({ ...payload, id }, maxBytes)
  return checkedLength(`${text.slice(0, -1)},"id":${JSON.stringify(id)}}`, maxBytes)
}
