import { expect, it } from 'vitest'
import { type Keyed, KeyTable } from '../../src/store/coalescer/key-table.ts'

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
  for (const entry of entries) table.add(entry)
  expect(entries.filter((entry) => table.get(entry.key) !== entry)).toEqual([])

  const deleted = entries.filter((_, n) => n % 3 === 0)
  for (const entry of deleted) table.delete(entry)
  expect(deleted.filter(({ key }) => table.get(key) !== null)).toEqual([])
  expect(entries.filter((entry, n) => n % 3 !== 0 && table.get(entry.key) !== entry)).toEqual([])
})

it('gives of several with one key the one that was added last', () => {
  const table = new KeyTable<Entry>()
  const [first, second, third] = [new Entry('k'), new Entry('k'), new Entry('k')]
  for (const entry of [first, second, third]) table.add(entry)
  table.delete(second)
  expect(table.get('k')).toBe(third)
  table.delete(third)
  expect(table.get('k')).toBe(first)
  table.delete(first)
  expect(table.get('k')).toBeNull()
})
