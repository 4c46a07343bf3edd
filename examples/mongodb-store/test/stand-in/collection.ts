import { aggregate, Query } from 'mingo'
import { BSON, type Document, ObjectId } from 'mongodb'
import { CommandError } from './command-error.ts'

/** The documents of one collection, in memory, with its unique indexes. Other indexes change no answer, and are none here. */
export class Collection {
  readonly name: string
  /** By field: each document by its value there. */
  readonly #unique = new Map<string, Map<string, Document>>([['_id', new Map()]])

  constructor(name: string) {
    this.name = name
  }

  get documents(): Document[] {
    return [...(this.#unique.get('_id') as Map<string, Document>).values()]
  }

  addUnique(field: string): void {
    if (this.#unique.has(field)) return
    this.#unique.set(field, new Map(this.documents.map((each) => [String(each[field]), each])))
  }

  /** The documents that a query finds, `limit` at most; 0: all of them. */
  found(query: Document, limit: number): Document[] {
    const matching = new Query(query)
    const found: Document[] = []
    for (const each of this.#candidates(query)) {
      if (matching.test(each)) found.push(each)
      if (limit > 0 && found.length === limit) break
    }
    return found
  }

  /** Replaces (`change` is a document) or updates (it is a pipeline) what is found; the number of documents written. */
  update(query: Document, change: Document | Document[], multi: boolean, upsert: boolean): number {
    const found = this.found(query, multi ? 0 : 1)
    if (found.length === 0 && upsert) {
      if (Array.isArray(change)) throw new CommandError(9, 'the stand-in upserts whole documents')
      this.write(null, change)
    }
    for (const each of found) this.write(each, Array.isArray(change) ? pipelined(each, change) : replaced(each, change))
    return found.length || Number(upsert)
  }

  remove(query: Document, limit: number): number {
    const doomed = this.found(query, limit)
    for (const each of doomed) for (const [field, index] of this.#unique) index.delete(String(each[field]))
    return doomed.length
  }

  /** Puts a document in the place of another one; null: beside all others. */
  write(former: Document | null, document: Document): void {
    const written = BSON.deserialize(BSON.serialize({ _id: former?._id ?? new ObjectId(), ...document }))
    for (const [field, index] of this.#unique) {
      const holder = index.get(String(written[field]))
      if (holder && holder !== former) throw new CommandError(11_000, `E11000 duplicate key error: ${field}`)
    }
    for (const [field, index] of this.#unique) {
      if (former) index.delete(String(former[field]))
      index.set(String(written[field]), written)
    }
  }

  /** Where the query asks for one value of a unique field, no other document is looked at. */
  #candidates(query: Document): Iterable<Document> {
    for (const [field, index] of this.#unique) {
      if (typeof query[field] !== 'string') continue
      const only = index.get(query[field])
      return only ? [only] : []
    }
    return this.documents
  }
}

function pipelined(document: Document, pipeline: Document[]): Document {
  return aggregate([document], pipeline)[0] as Document
}

function replaced(document: Document, change: Document): Document {
  const operators = Object.keys(change).filter((name) => name.startsWith('$'))
  if (operators.length === 0) return { _id: document._id, ...change }
  if (operators.join() !== '$set') throw new CommandError(9, 'the stand-in knows no update operator but $set')
  return { ...document, ...change.$set }
}
