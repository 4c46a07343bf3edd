import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { conformanceCases } from '@sess/core/conformance'
import { describe, expect, it } from 'vitest'

const text = readFileSync('SECURITY.md', 'utf8')

/** The rows of the tables of requirements: the cells of each. */
const requirements = text
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.slice(2, -2).split(/ *\| */))

describe('SECURITY.md', () => {
  it('has each requirement of chapter 7 of ASVS 5.0 once', () => {
    const counts = { '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 3, '7.6': 2 }
    const expected = Object.entries(counts).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
    )
    expect(requirements.map(([number]) => number).filter((number) => number?.startsWith('7.'))).toEqual(expected)
  })

  it('says to each requirement which test shows it, or that it is yours', () => {
    const without = requirements.filter(([, , , shown = '']) => !/[a-z-]+\/[a-z0-9-]+|http: "|you/.test(shown))
    expect(without).toEqual([])
  })

  it('names cases of the suite that there are', () => {
    const known = new Set(conformanceCases.map(({ id }) => id))
    const named = [...text.matchAll(/`([a-z-]+\/[a-z0-9-]+)`/g)].map(([, id = '']) => id)
    expect(named.length).toBeGreaterThan(40)
    expect(named.filter((id) => !known.has(id))).toEqual([])
  })

  it('names tests of @sess/http that there are', () => {
    const folder = 'packages/http/test'
    const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'))
    const source = files.map((name) => readFileSync(join(folder, name), 'utf8')).join()
    const named = requirements.flatMap(([, , , shown = '']) =>
      [...shown.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name),
    )
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !source.includes(`it('${name}'`))).toEqual([])
  })
})
