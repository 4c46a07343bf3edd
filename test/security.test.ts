import { readFileSync } from 'node:fs'
import { conformanceCases } from '@sess/core/conformance'
import { expect, it } from 'vitest'

it('SECURITY.md names cases of the suite that there are', () => {
  const known = new Set(conformanceCases.flatMap(({ id, group }) => [id, `${group}/`]))
  const named = [...readFileSync('SECURITY.md', 'utf8').matchAll(/`([a-z-]+\/[a-z0-9-]*)`/g)].map(([, id = '']) => id)
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((id) => !known.has(id))).toEqual([])
})
