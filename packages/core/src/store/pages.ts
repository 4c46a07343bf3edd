import type { SessionSummary } from '../contract/session.ts'
import { checkedPage } from './answers.ts'
import type { RecordPage, SessionBackend, SessionRecord } from './backend.ts'
import { pageSize, steps } from './steps.ts'
import type { StoreParts } from './store-parts.ts'

/** Asks a backend for a page. Undefined where the backend has no such method. */
export type NextPage = (
  backend: SessionBackend,
  cursor: string | null,
  now: number,
) => RecordPage | Promise<RecordPage> | undefined

const none: RecordPage = { records: [], cursor: null }

/** Pages of all live sessions. */
export const scanPage: NextPage = (backend, cursor, now) => backend.scan?.(cursor, pageSize, now)

/** Pages of the sessions under one index key. */
export function identityPage(identityKey: string): NextPage {
  return (backend, cursor, now) => backend.listByIdentity?.(identityKey, cursor, pageSize, now)
}

/** Goes through records page by page. It reports records that cannot be read to `onBackgroundError`. */
export class Pages {
  readonly #parts: StoreParts

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  /** Yields the backend's pages, checked. */
  async *of(next: NextPage, identityKey?: string): AsyncGenerator<RecordPage, void, undefined> {
    const { lifecycle, backend } = this.#parts
    const step = (cursor: string | null) =>
      lifecycle.tracked(() =>
        backend.call(async (opened, now) => checkedPage((await next(opened, cursor, now)) ?? none, identityKey)),
      )
    yield* steps(step)
  }

  /** Yields the live and readable sessions of each page. */
  async *summaries<Data extends object>(
    next: NextPage,
    identityKey?: string,
  ): AsyncGenerator<SessionSummary<Data>[], void, undefined> {
    for await (const { records } of this.of(next, identityKey)) {
      yield records.flatMap((record) => this.readable<Data>(record))
    }
  }

  /**
   * Returns the summary of a record. The array is empty where the record cannot be read, has expired, or belongs to a store
   * with other ids.
   */
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
