import { expect, it } from 'vitest'
import { type Keyed, KeyTable } from '../../src/store/key-table.ts'

class Entry implements Keyed<Entry> {
  readonly key: string
  nextInSlot: Entry | null = null

  constructor(key: string) {
    this.key = key
  }
}

it('finds each of many entries, in slots with several, and none that was deleted', () => {
  const table = new KeyTable<Entry>()
  const entries = Array.from({ length: 5_000 }, (_, n) => new Entry(`key ${n}`))
  for (const entry of entries) table.set(entry)
  expect(entries.filter((entry) => table.get(entry.key) !== entry)).toEqual([])

  const deleted = entries.filter((_, n) => n % 3 === 0)
  for (const { key } of deleted) table.delete(key)
  expect(deleted.filter(({ key }) => table.get(key) !== null)).toEqual([])
  expect(entries.filter((entry, n) => n % 3 !== 0 && table.get(entry.key) !== entry)).toEqual([])
})

it('holds one entry per key, the last', () => {
  const table = new KeyTable<Entry>()
  const [first, second] = [new Entry('k'), new Entry('k')]
  table.set(first)
  table.set(second)
  expect(table.get('k')).toBe(second)
  table.delete('k')
  table.delete('k')
  expect(table.get('k')).toBeNull()
})
