import { statSync } from 'node:fs'
import type { SessionBackend } from '@sess/core'
import { isMoved, movedError } from './errors.ts'

type Steps = 'open' | 'count' | 'cleanExpired' | 'listByIdentity' | 'deleteByIdentity' | 'scan'
type CompleteBackend = SessionBackend & Required<Pick<SessionBackend, Steps>>

/** The storage in one file, as long as that file is at the path. */
export interface FileStorage {
  readonly backend: CompleteBackend
  truncateLog(): Promise<void>
}

/**
 * The storage in the file at a path. If another file comes there (a restored backup), it is opened and used instead. If there
 * is no file, every call fails until there is one. A lost file is not created again: an empty one would say that nobody is
 * signed in.
 */
export function fileBackend(path: string, make: (isThere: boolean) => FileStorage): SessionBackend {
  const first = make(false)
  let current: FileStorage | null = null
  let reopening: Promise<FileStorage> | null = null

  async function open(storage: FileStorage): Promise<FileStorage> {
    try {
      await storage.backend.open()
    } catch (error) {
      await storage.backend.close()
      throw error
    }
    current = storage
    return storage
  }

  function reopen(): Promise<FileStorage> {
    reopening ??= openWhatIsThere().finally(() => {
      reopening = null
    })
    return reopening
  }

  async function openWhatIsThere(): Promise<FileStorage> {
    // An empty file is about to be filled: by the copy of a backup, or by a process that creates the database.
    if (sizeOf(path) + sizeOf(`${path}-wal`) === 0) throw movedError()
    return open(make(true))
  }

  /** Runs work again that failed because the file was not in its place. The work has changed nothing. */
  async function again<T>(
    storage: FileStorage,
    work: (storage: FileStorage) => T | Promise<T>,
    error: unknown,
  ): Promise<T> {
    if (current === storage) {
      if (!isMoved(error)) throw error
      current = null
      await storage.backend.close()
    }
    return work(current ?? (await reopen()))
  }

  function call<T>(work: (storage: FileStorage) => T | Promise<T>): T | Promise<T> {
    const storage = current
    if (storage === null) return reopen().then(work)
    try {
      const answer = work(storage)
      return answer instanceof Promise ? answer.catch((error) => again(storage, work, error)) : answer
    } catch (error) {
      return again(storage, work, error)
    }
  }

  const { type, writes, batching, cleanUpStep, toSessionError } = first.backend
  return {
    type,
    writes,
    ...(batching && { batching }),
    ...(cleanUpStep !== undefined && { cleanUpStep }),
    ...(toSessionError && { toSessionError }),
    open: async () => void (await open(first)),
    read: (keys) => call(({ backend }) => backend.read(keys)),
    write: (operations, now) => call(({ backend }) => backend.write(operations, now)),
    count: (now) => call(({ backend }) => backend.count(now)),
    listByIdentity: (...page) => call(({ backend }) => backend.listByIdentity(...page)),
    deleteByIdentity: (...step) => call(({ backend }) => backend.deleteByIdentity(...step)),
    scan: (...page) => call(({ backend }) => backend.scan(...page)),
    cleanExpired: (...step) =>
      call(async ({ backend, truncateLog }) => {
        const page = await backend.cleanExpired(...step)
        if (page.cursor === null) await truncateLog()
        return page
      }),
    ping: () => call(({ backend }) => backend.ping()),
    async close() {
      await reopening?.catch(() => {})
      await current?.backend.close()
      current = null
    },
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
