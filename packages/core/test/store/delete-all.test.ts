import { expect, it } from 'vitest'
import { createSessionStore } from '../../src/store/create-session-store.ts'
import { MapBackend } from './map-backend.ts'

it('deleteAll ends a session that a rotation moved past the one pass that could have met it', async () => {
  const backend = new MapBackend()
  const store = createSessionStore(backend)
  const { handle } = await store.create({ data: { n: 1 } })
  const movedTo = 'moved'.padEnd(43, 'd')
  const record = backend.records.get(handle)
  if (record === undefined) throw new Error('no record')
  // The scan has read the entries. Before it reads their records, another client rotates the only session.
  backend.records.clear()
  let scans = 0
  backend.before = (asked) => {
    if (asked === 'scan' && ++scans === 2) backend.records.set(movedTo, { ...record, key: movedTo })
  }
  expect(await store.deleteAll()).toBe(1)
  expect(backend.records.size).toBe(0)
})
