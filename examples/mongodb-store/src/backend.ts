import type { SessionBackend, SessionRecord, StateRecord, WriteOperation, WriteOutcome } from '@sess/core'
import { applyWrite, SessionError, writeKinds } from '@sess/core'
import { type Collection, type Document, MongoClient, ObjectId } from 'mongodb'
import { commandOf } from './commands.ts'
import { toSessionError } from './errors.ts'
import type { MongoConfig } from './index.ts'

/** A rotation changes the key of a session's document, and no `_id`: so each write is one atomic command, without transactions. */
export class MongoBackend implements SessionBackend {
  readonly type = 'mongodb'
  readonly writes = writeKinds
  readonly toSessionError = toSessionError
  readonly #options: MongoConfig
  /** The server gives up what has taken so long, as the caller has. The driver has no limit: a pause of the process is no outage. */
  readonly #limit: { readonly maxTimeMS: number }
  #client: MongoClient | undefined
  #sessions!: Collection
  #states!: Collection

  constructor(options: MongoConfig & { readonly timeoutMs?: number | undefined }) {
    this.#options = options
    this.#limit = { maxTimeMS: options.timeoutMs ?? 5_000 }
  }

  async open() {
    const { uri, database, collection = 'sessions' } = this.#options
    this.#client ??= new MongoClient(uri, { serverSelectionTimeoutMS: this.#limit.maxTimeMS })
    await this.#client.connect()
    // Whatever the uri says: a sign-out holds after a failover, and each read sees the last write.
    const db = this.#client.db(database, { readPreference: 'primary', writeConcern: { w: 'majority' } })
    this.#sessions = db.collection(collection)
    this.#states = db.collection(`${collection}_states`)
    await this.#sessions.createIndex({ identityKey: 1, _id: -1 })
    for (const each of [this.#sessions, this.#states]) {
      await each.createIndexes([{ key: { key: 1 }, unique: true }, { key: { expiresAt: 1 } }])
    }
  }

  close = async () => this.#client?.close()
  ping = async () => void (await this.#ask({ ping: 1 }))
  serverTime = async () => Number((await this.#ask({ hello: 1 })).localTime)
  #ask = async (command: Document) => (this.#client as MongoClient).db('admin').command({ ...command, ...this.#limit })

  async read(keys: readonly string[]) {
    const found = await this.#sessions.find({ key: { $in: keys } }, this.#limit).toArray()
    const byKey = new Map(found.map((document) => [document.key, recordOf(document)]))
    return keys.map((key) => byKey.get(key) ?? null)
  }

  write(operations: readonly WriteOperation[], now: number) {
    return Promise.all(operations.map((each) => this.#apply(each, now).catch((error: Error) => error)))
  }

  /** What a write has made of the document that was there follows from that document. */
  async #apply(operation: WriteOperation, now: number, tries = 3): Promise<WriteOutcome> {
    try {
      return applyWrite(operation, await this.#send(operation, now), now).outcome
    } catch (error) {
      if ((error as { code?: unknown }).code !== 11_000 || tries === 0) throw error
      if (operation.kind === 'insert') return false
      if (operation.kind === 'rotate') return 'taken'
      // Two clients wrote at once what was not there: one has inserted it, and the other finds it now.
      return this.#apply(operation, now, tries - 1)
    }
  }

  /** The document as it was before the write; null where the write found none. */
  async #send(operation: WriteOperation, now: number): Promise<(SessionRecord & StateRecord) | null> {
    const collection = operation.kind.endsWith('State') ? this.#states : this.#sessions
    const [filter, change] = commandOf(operation, now)
    const upsert = !('ifLive' in operation && operation.ifLive)
    const options = { ...this.#limit, projection: { _id: 0 }, returnDocument: 'before' } as const
    if (change === undefined) return collection.findOneAndDelete(filter, options) as never
    if (Array.isArray(change)) return collection.findOneAndUpdate(filter, change, options) as never
    return collection.findOneAndReplace(filter, change, { ...options, upsert }) as never
  }

  count = (now: number) => this.#sessions.countDocuments({ expiresAt: { $gt: now } }, this.#limit)

  scan = (cursor: string | null, limit: number, now: number) => this.#page({ expiresAt: { $gt: now } }, cursor, limit)

  listByIdentity(identityKey: string, cursor: string | null, limit: number, now: number) {
    return this.#page({ identityKey, expiresAt: { $gt: now } }, cursor, limit)
  }

  async deleteByIdentity(
    identityKey: string,
    except: string | null,
    cursor: string | null,
    limit: number,
    now: number,
  ) {
    const live = { identityKey, key: { $ne: except }, expiresAt: { $gt: now } }
    const page = await this.#page(live, cursor, limit)
    const { deletedCount } = await this.#sessions.deleteMany({ ...live, _id: { $in: page.ids } }, this.#limit)
    return { ended: deletedCount, cursor: page.cursor }
  }

  /** Sessions first, then states. */
  async cleanExpired(cursor: string | null, limit: number, now: number) {
    const collection = cursor === 'states' ? this.#states : this.#sessions
    const expired = { expiresAt: { $lte: now } }
    const found = await collection.find(expired, { ...this.#limit, sort: { expiresAt: 1 }, limit }).toArray()
    const ids = found.map(({ _id }) => _id)
    const { deletedCount } = await collection.deleteMany({ ...expired, _id: { $in: ids } }, this.#limit)
    const next = cursor === 'states' ? null : 'states'
    return { sessions: next ? deletedCount : 0, cursor: ids.length < limit ? next : (cursor ?? 'sessions') }
  }

  /** Newest first: a rotation moves nothing, as the `_id` stays, and the pages end though sessions begin all the time. */
  async #page(filter: Document, cursor: string | null, limit: number) {
    const older = cursor === null ? filter : { ...filter, _id: { $lt: new ObjectId(cursor) } }
    const found = await this.#sessions.find(older, { ...this.#limit, sort: { _id: -1 }, limit }).toArray()
    const ids = found.map(({ _id }) => _id)
    const records = found.map(recordOf)
    const unreadableKeys = found.filter((_, n) => records[n] instanceof Error).map(({ key }) => String(key))
    return { records, ids, unreadableKeys, cursor: found.length < limit ? null : String(ids.at(-1)) }
  }
}

/** A document that somebody has edited fails alone. */
function recordOf({ _id, ...record }: Document): SessionRecord | Error {
  const isWhole = ['key', 'version', 'payload'].every((name) => typeof record[name] === 'string')
  return isWhole ? (record as SessionRecord) : new SessionError('SESS_CORRUPT', 'MongoDB: a record was edited')
}
