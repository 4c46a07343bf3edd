import type { SessionSummary } from '../contract/session.ts'
import { checkedPage } from './answers.ts'
import type { RecordPage, SessionBackend, SessionRecord } from './backend.ts'
import { pageSize, steps } from './steps.ts'
import type { StoreParts } from './store-parts.ts'

/** Asks a backend for a page; undefined where it has no such method. */
export type NextPage = (
  backend: SessionBackend,
  cursor: string | null,
  now: number,
) => RecordPage | Promise<RecordPage> | undefined

const none: RecordPage = { records: [], cursor: null }

/** All live sessions. */
export const scanPage: NextPage = (backend, cursor, now) => backend.scan?.(cursor, pageSize, now)

/** Those under one index key. */
export function identityPage(identityKey: string): NextPage {
  return (backend, cursor, now) => backend.listByIdentity?.(identityKey, cursor, pageSize, now)
}

/** Goes through records page by page. Of what cannot be read `onBackgroundError` hears. */
export class Pages {
  readonly #parts: StoreParts

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  /** The pages as the backend gave them. */
  async *of(next: NextPage, identityKey?: string): AsyncGenerator<RecordPage, void, undefined> {
    const { lifecycle, backend } = this.#parts
    const step = (cursor: string | null) =>
      lifecycle.tracked(() =>
        backend.call(async (opened, now) => checkedPage((await next(opened, cursor, now)) ?? none, identityKey)),
      )
    yield* steps(step)
  }

  /** The live sessions of each page that can be read. */
  async *summaries<Data extends object>(
    next: NextPage,
    identityKey?: string,
  ): AsyncGenerator<SessionSummary<Data>[], void, undefined> {
    for await (const { records } of this.of(next, identityKey)) {
      yield records.flatMap((record) => this.readable<Data>(record))
    }
  }

  /** Nothing for a record that cannot be read, has expired, or is not this store's. */
  readable<Data extends object>(record: SessionRecord | Error): SessionSummary<Data>[] {
    const { codec, options, backend, report } = this.#parts
    try {
      if (record instanceof Error) throw record
      if (record.expiresAt <= options.now() || !codec.isOwn(record.key)) return []
      const summary = codec.decodeSummary<Data>(record)
      return summary === null ? [] : [summary]
    } catch (error) {
      report(backend.toError(error))
      return []
    }
  }
}
