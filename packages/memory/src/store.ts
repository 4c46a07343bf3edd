import { createSessionStore, type JsonObject, type SessionStore, type WithData } from '@sess/core'
import { parseOptions } from '@sess/core/config'
import { MemoryBackend } from './backend.ts'
import { type MemoryConfig, memoryConfig } from './config.ts'
import { MemoryStorage } from './storage.ts'

/**
 * Makes a store in the memory of this process: for tests, for development, for sessions that may be lost at a restart.
 *
 * `maxSessions` (default 100,000) is the most sessions that it keeps. A further session removes another one: an expired
 * one; else the anonymous session that is unused (neither loaded nor written) for longest; else the signed-in session that
 * is. Stores with the same `storage` share their sessions (default: a storage of its own). The options of every store apply
 * as well.
 * @throws `SESS_CONFIG` with every problem of the options at once
 */
export function memoryStore<Data extends object = JsonObject>(
  options?: WithData<MemoryConfig, Data>,
): SessionStore<Data> {
  const {
    storage = new MemoryStorage(),
    maxSessions = 100_000,
    ...common
  } = parseOptions('memory', memoryConfig, options as MemoryConfig)
  return createSessionStore<Data>(new MemoryBackend(storage, maxSessions), common)
}
