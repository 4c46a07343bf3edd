import { describe, expect, inject, it } from 'vitest'
import { pageOf, runSnippet, snippets } from './snippets.ts'

describe('each snippet of a README or of the site runs as it stands, on the packed packages, and prints what it says', () => {
  it.each(snippets)('$name', (snippet) => runSnippet(snippet, inject('project'), ['node']))

  it('and every public package has a README with one', () => {
    const named = new Set(snippets.map(pageOf))
    for (const { name } of inject('packages')) expect(named).toContain(name.replace('@sess/', ''))
  })
})
