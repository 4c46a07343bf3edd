import { describe, expect, test } from 'vitest'
import { conformanceCases } from '../../src/conformance/index.ts'
import { runCase } from '../../src/conformance/run-case.ts'
import type { ChangedRecord, SessionBackend, SessionRecord, StoredTimes } from '../../src/store/backend.ts'
import { createSessionStore } from '../../src/store/create-session-store.ts'

/** A backend of a few lines that opens itself at its first use, and answers a turn later. */
function tinyBackend(records: Map<string, SessionRecord>): SessionBackend {
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
  function replace(stored: SessionRecord | undefined, record: ChangedRecord, now: number) {
    return stored === undefined || stored.expiresAt <= now ? null : change(stored, record)
  }
  function change({ createdAt, expiresAt, deadline }: SessionRecord, record: ChangedRecord): StoredTimes {
    const asked = record.expiresAt ?? expiresAt
    const changed = { ...record, createdAt, deadline, expiresAt: Math.min(asked, deadline ?? asked) }
    records.set(record.key, changed)
    return changed
  }
  return {
    type: 'tiny',
    writes: ['put', 'replace', 'delete'],
    open: turn,
    async read(keys) {
      await turn()
      return keys.map((key) => records.get(key) ?? null)
    },
    async write(operations, now) {
      await turn()
      return operations.map((operation) => {
        const stored = records.get(operation.key)
        if (operation.kind === 'replace') return replace(stored, operation.record, now)
        if (operation.kind === 'delete') return records.delete(operation.key) && (stored?.expiresAt ?? 0) > now
        if (operation.kind === 'put') records.set(operation.key, operation.record)
        return true
      })
    },
    async scan(cursor, limit, now) {
      await turn()
      const rest = [...records.values()].filter(({ key, expiresAt }) => expiresAt > now && key > (cursor ?? ''))
      const page = rest.sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, limit)
      return { records: page, cursor: rest.length > limit ? (page.at(-1)?.key ?? null) : null }
    },
    ping: turn,
    close: turn,
  }
}

const storages = new WeakMap<object, Map<string, SessionRecord>>()
const harness = {
  takesOptions: true,
  open: (options: object) => openOn(new Map(), options),
  openPeer: (store: object, options: object) => openOn(storages.get(store) ?? new Map(), options),
}

function openOn(storage: Map<string, SessionRecord>, options: object) {
  const store = createSessionStore(tinyBackend(storage), options)
  storages.set(store, storage)
  return store
}

describe('a store that the core makes of a backend of a few lines', () => {
  const groups = ['harness', 'capabilities', 'save', 'load', 'entries', 'pages', 'lifecycle', 'answers', 'ordering']
  test.each(groups)('passes the cases of the group %s', async (group) => {
    for (const definition of conformanceCases.filter((each) => each.group === group)) {
      const { id, status, error } = await runCase(harness as never, definition)
      expect([id, status, error]).not.toContain('failed')
    }
  })

  test('publishes what it does, so that no case of the tracing channel is skipped', async () => {
    for (const definition of conformanceCases.filter(({ group }) => group === 'tracing')) {
      const { id, status, error } = await runCase(harness as never, definition)
      expect({ id, status, error }).toEqual({ id, status: 'passed', error: undefined })
    }
  })
})
