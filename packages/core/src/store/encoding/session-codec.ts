import { SessionError } from '../../contract/errors.ts'
import type { ConsumedState } from '../../contract/method-options.ts'
import type { Identity, IdentityRef, Session, SessionSummary } from '../../contract/session.ts'
import type { SessionRecord, StateRecord, StoredTimes } from '../backend.ts'
import { copyData, copyIdentity, type DecodedPayload, decodePayload } from './codec.ts'
import type { DataSchema } from './data-schema.ts'
import { stringifyJson } from './json-copy.ts'
import { checkRecord, type EncodedSession, type PreparedSession, type SessionFields, storedSession } from './records.ts'
import type { Seal } from './seal.ts'
import { identityKeyOf, isHash, nextVersion, sha256 } from './session-id.ts'
import { encodeState, openState } from './states.ts'

export interface SessionCodecOptions {
  readonly ids: 'hashed' | 'plain'
  readonly maxBytes: number
  /** For a record without an idle time of its own. */
  readonly ttlMs: number
  readonly seal: Seal | null
  readonly dataSchema: DataSchema | null
  /** What a session is whose data does not fit the schema. */
  readonly onInvalidData: 'error' | 'absent'
}

/** What the key of a session begins with where ids are kept plain: no SHA-256 in base64url has it. */
const plainMark = '='

/** How a store's sessions and states lie at rest: keys, payloads, seal and schema. */
export class SessionCodec {
  readonly #options: SessionCodecOptions

  constructor(options: SessionCodecOptions) {
    this.#options = options
  }

  /** The key of the session with this id. */
  keyOf(id: string): string {
    return this.#options.ids === 'hashed' ? sha256(id) : plainMark + sha256(id)
  }

  /** The SHA-256 of the id. */
  handleOf(key: string): string {
    return this.#options.ids === 'hashed' ? key : key.slice(plainMark.length)
  }

  /** Null for what is no handle. */
  keyOfHandle(handle: string): string | null {
    if (!isHash(handle)) return null
    return this.#options.ids === 'hashed' ? handle : plainMark + handle
  }

  /** Whether a store with these options wrote a record under this key. */
  isOwn(key: string): boolean {
    return key.startsWith(plainMark) === (this.#options.ids === 'plain')
  }

  /** The index keys under which a person's sessions may lie. */
  identityKeysOf(ref: IdentityRef): readonly string[] {
    return this.#options.seal?.identityKeysOf(ref) ?? [identityKeyOf(ref)]
  }

  /**
   * A session on its way to the backend, taken at the call: what the caller alters later is not in it. `maxBytes`: left out,
   * the store's.
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

  /** Its record under a key. Its `expiresAt` is no later than the deadline. `version`: left out, a new one. */
  encode(key: string, id: string, prepared: PreparedSession, version = nextVersion()): EncodedSession {
    const { fields, payload, maxBytes } = prepared
    const { createdAt, lastSeenAt, expiresAt, ttlMs, deadline } = fields
    const { identity } = payload
    const { seal } = this.#options
    const json = prepared.json ?? stringifyJson({ ...payload, id }, maxBytes)
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

  /** The session that was stored under an id; `times` as the backend told them. */
  stored<Data extends object>(id: string, { record, payload }: EncodedSession, times?: StoredTimes): Session<Data> {
    return storedSession(id, this.handleOf(record.key), record, payload, this.#options.ttlMs, times)
  }

  /**
   * The session that a record holds; null where its data does not fit the schema and the store takes such a one for absent.
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
        throw new SessionError('SESS_CORRUPT', 'the data that is stored for this session does not fit the schema')
      }
      payload.data = data
    }
    return storedSession(id, this.handleOf(key), record, payload, ttlMs)
  }

  /** The same without the id. */
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

  /** What a taken state gives to a caller with this User-Agent. @throws `SESS_CORRUPT` where sess did not write it */
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
