import { aggregate, find } from 'mingo'
import { BSON, type Document } from 'mongodb'
import { Collection } from './collection.ts'
import { CommandError } from './command-error.ts'

/** What any command may carry, and what changes nothing on one node without failures. */
const general = [
  '$db',
  'lsid',
  'maxTimeMS',
  'writeConcern',
  'readConcern',
  '$readPreference',
  'txnNumber',
  '$clusterTime',
  'comment',
  'ordered',
]

/** The fields that each command may have; with another one the stand-in would ignore what was asked for. */
const fields: Readonly<Record<string, readonly string[]>> = {
  ping: [],
  endSessions: [],
  find: ['filter', 'projection', 'sort', 'limit', 'batchSize', 'singleBatch'],
  getMore: ['collection', 'batchSize'],
  killCursors: ['cursors'],
  aggregate: ['pipeline', 'cursor'],
  insert: ['documents'],
  update: ['updates'],
  delete: ['deletes'],
  findAndModify: ['query', 'update', 'remove', 'upsert', 'new', 'fields', 'sort', 'bypassDocumentValidation'],
  createIndexes: ['indexes'],
  drop: [],
}

const firstBatch = 101

/** Executes commands, one at a time, on documents in memory: what mingo makes of a filter or a pipeline, MongoDB is held to do. */
export class Commands {
  readonly #collections = new Map<string, Collection>()
  readonly #cursors = new Map<number, Document[]>()
  #lastCursor = 0

  run(command: Document): Document {
    const [name = ''] = Object.keys(command)
    try {
      if (/^(hello|ismaster)$/i.test(name)) return hello()
      const unknown = Object.keys(command).find(
        (each) => each !== name && ![...general, ...(fields[name] ?? [])].includes(each),
      )
      if (!Object.hasOwn(fields, name)) throw new CommandError(59, `no such command in the stand-in: '${name}'`)
      if (unknown !== undefined) throw new CommandError(40_415, `the stand-in knows no field '${unknown}' of ${name}`)
      return { ...this.#run(name, command), ok: 1 }
    } catch (error) {
      const { code = 8, message } = error as { code?: number; message: string }
      return { ok: 0, code, errmsg: message }
    }
  }

  #run(name: string, command: Document): Document {
    const collection = this.#collection(`${command.$db}.${name === 'getMore' ? command.collection : command[name]}`)
    switch (name) {
      case 'find': {
        const { filter = {}, projection = {}, sort, limit = 0, batchSize = firstBatch } = command
        const cursor = find<Document>(collection.found(filter, 0), {}, projection)
        if (sort) cursor.sort(sort)
        return this.#batch(collection.name, (limit > 0 ? cursor.limit(limit) : cursor).all(), 'firstBatch', batchSize)
      }
      case 'aggregate':
        return this.#batch(
          collection.name,
          aggregate(collection.documents, command.pipeline) as Document[],
          'firstBatch',
          firstBatch,
        )
      case 'getMore': {
        const rest = this.#cursors.get(Number(command.getMore))
        if (rest === undefined) throw new CommandError(43, 'cursor not found')
        this.#cursors.delete(Number(command.getMore))
        return this.#batch(collection.name, rest, 'nextBatch', command.batchSize ?? Number.POSITIVE_INFINITY)
      }
      case 'insert':
        for (const each of command.documents) collection.write(null, each)
        return { n: command.documents.length }
      case 'update': {
        const counts = command.updates.map(({ q, u, multi = false, upsert = false }: Document) =>
          collection.update(q, u, multi, upsert),
        )
        const n = counts.reduce((sum: number, each: number) => sum + each, 0)
        return { n, nModified: n }
      }
      case 'delete':
        return {
          n: command.deletes.reduce((sum: number, { q, limit }: Document) => sum + collection.remove(q, limit), 0),
        }
      case 'findAndModify':
        return findAndModify(collection, command)
      case 'createIndexes':
        for (const { key, unique } of command.indexes) if (unique) collection.addUnique(Object.keys(key).join())
        return {}
      case 'drop':
        this.#collections.delete(collection.name)
        return {}
      case 'killCursors':
        for (const each of command.cursors) this.#cursors.delete(Number(each))
        return {}
      default:
        return {}
    }
  }

  #collection(name: string): Collection {
    const collection = this.#collections.get(name) ?? new Collection(name)
    this.#collections.set(name, collection)
    return collection
  }

  #batch(ns: string, documents: Document[], name: 'firstBatch' | 'nextBatch', size: number): Document {
    const rest = documents.slice(size)
    const id = rest.length > 0 ? ++this.#lastCursor : 0
    if (id > 0) this.#cursors.set(id, rest)
    return { cursor: { [name]: documents.slice(0, size), id: BSON.Long.fromNumber(id), ns } }
  }
}

function findAndModify(collection: Collection, command: Document): Document {
  const { query, update, remove = false, upsert = false, fields: projection = {} } = command
  if (command.new) throw new CommandError(9, 'the stand-in gives the document as it was before')
  const [before = null] = collection.found(query, 1)
  const value = before && (find<Document>([before], {}, projection).all()[0] ?? null)
  if (remove) collection.remove(query, 1)
  else collection.update(query, update, false, upsert)
  return { value, lastErrorObject: { n: before || upsert ? 1 : 0 } }
}

/** A single node, as a server of version 7 says it of itself. */
function hello(): Document {
  return {
    ok: 1,
    helloOk: true,
    ismaster: true,
    isWritablePrimary: true,
    maxBsonObjectSize: 16 * 1024 ** 2,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    minWireVersion: 0,
    maxWireVersion: 21,
    logicalSessionTimeoutMinutes: 30,
  }
}
