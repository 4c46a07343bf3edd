import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deadLinks } from '../scripts/docs/dead-links.mjs'

describe('dead links of a built site', () => {
  let site: string
  beforeEach(() => {
    site = mkdtempSync(join(tmpdir(), 'sess-site-'))
  })
  afterEach(() => rmSync(site, { recursive: true }))

  const pages = (files: Record<string, string>) => {
    for (const [file, html] of Object.entries(files)) {
      mkdirSync(dirname(join(site, file)), { recursive: true })
      writeFileSync(join(site, file), html)
    }
    return deadLinks(site)
  }

  it('are those to no page, and to no place in a page', () => {
    const there = '<h2 id="place">There</h2>'
    const html = ['/b', '/b#place', 'b#place', '/folder/', '/file.txt', '#here', 'https://elsewhere.example/#any']
      .map((href) => `<a class="x" href="${href}">`)
      .join('')
    const rest = { 'b.html': there, 'folder/index.html': '', 'file.txt': '' }
    expect(pages({ 'a.html': `<p id="here">${html}`, ...rest })).toEqual([])
    const dead = ['/c', '/b#other', 'folder/c', '#nowhere', '/no.txt']
    const broken = dead.map((href) => `<a href="${href}">`).join('')
    expect(pages({ 'a.html': broken, ...rest })).toEqual(dead.map((href) => `a.html: ${href}`))
  })
})
