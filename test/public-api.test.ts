import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { publicApi } from '../scripts/api/public-api.ts'

describe('the public API of each package is the one that its api.md says', () => {
  // `npm run api -- --write` writes them anew.
  it.each(inject('packages'))('$name', ({ folder }) => {
    expect(publicApi(folder)).toBe(readFileSync(join(folder, 'api.md'), 'utf8'))
  })
})

describe('a report of the API', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sess-api-'))
    mkdirSync(join(folder, 'dist'))
    const manifest = { name: 'some', type: 'module', exports: { '.': { types: './dist/index.d.ts' } } }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const declare = (texts: Record<string, string>) => {
    for (const [file, text] of Object.entries(texts)) writeFileSync(join(folder, 'dist', `${file}.d.ts`), text)
    return publicApi(folder)
  }
  const index = `export type { Options } from './options.js'`

  it('has what an exported name reaches, though it has no export of its own', () => {
    const before = declare({ index, options: 'interface Inner { a: 1 } export interface Options { inner: Inner }' })
    const after = declare({ index, options: 'interface Inner { a?: 1 } export interface Options { inner: Inner }' })
    expect(before).toContain('interface Inner')
    expect(after).not.toBe(before)
  })

  it('does not change with what nobody can see', () => {
    const before = declare({ index, options: 'export interface Options { a: 1 }' })
    const options = `/** Said better. */ export interface Options { a: 1 } export interface Unreached { b: 2 }`
    expect(declare({ index, options })).toBe(before)
    const withClass = 'export declare class Options { #secret; private own: number; a: 1 }'
    const otherClass = 'export declare class Options { a: 1 }'
    expect(declare({ index, options: withClass })).toBe(declare({ index, options: otherClass }))
  })

  it('has a name that is exported from elsewhere now', () => {
    const options = 'export interface Options { a: 1 }'
    expect(declare({ index: `export type { Options as Settings } from './options.js'`, options })).toContain('Settings')
  })
})
