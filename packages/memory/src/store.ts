import { createSessionStore, type JsonObject, type SessionStore, type WithData } from '@sess/core'
import { parseOptions } from '@sess/core/config'
import { MemoryBackend } from './backend.ts'
import { type MemoryConfig, memoryConfig } from './config.ts'
import { MemoryStorage } from './storage.ts'

/**
 * A store in the memory of this process: for tests, for development, for one process that may forget.
 *
 * `maxSessions` (default 100,000) bounds it: one session more, and one is removed: an expired one, else the anonymous one
 * that has gone unused longest (neither loaded nor written), else the one of a person that has. `storage` (default: its own)
 * is what several stores of one process share. The options of every store apply as well.
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
