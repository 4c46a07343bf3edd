import { describeConformance } from '@sess/core/conformance'
import BetterSqlite3 from 'better-sqlite3'
import Lowest from 'better-sqlite3-lowest'
import { describe, expect, it, vi } from 'vitest'
import { fileHarness } from './harness.ts'

// The real driver in its lowest version, for the package as for its tests.
vi.mock('better-sqlite3', () => import('better-sqlite3-lowest'))

describe('with the lowest better-sqlite3 of the range', () => {
  it('is what the package imports', () => {
    expect(BetterSqlite3).toBe(Lowest)
  })

  describeConformance({ describe, it }, fileHarness())
})

for (const file of ['at-rest', 'errors', 'file-in-place', 'locks', 'sqlite-store']) {
  await import(`./${file}.test.ts`)
}
