import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

const repository = 'https://github.com/sess-js/sess/'
const readmes = readdirSync('packages')
  .map((name) => join('packages', name, 'README.md'))
  .filter(existsSync)
const documents = [...readmes, ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'].filter(existsSync)]

const withoutCode = (text: string) => text.replace(/^```.*?^```$/gms, '')
const linksOf = (file: string) =>
  [...withoutCode(readFileSync(file, 'utf8')).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)

/** The anchors of a document, as GitHub and npm make them of its headings. */
const anchorsOf = (file: string) =>
  [...withoutCode(readFileSync(file, 'utf8')).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

/** The file of this repository that a link leads to, and the anchor in it; null where it leads elsewhere. */
function target(from: string, link: string): { path: string; anchor: string | undefined } | null {
  if (/^https?:/.test(link) && !link.startsWith(repository)) return null
  const [address = '', anchor] = link.split('#')
  const path = address.startsWith(repository)
    ? address.slice(repository.length).replace(/^(blob|tree)\/main\//, '')
    : address === ''
      ? from
      : normalize(join(dirname(from), address))
  return { path, anchor }
}

describe('links', () => {
  it.each(documents)('of %s lead somewhere', (file) => {
    const dead = linksOf(file).filter((link) => {
      const found = target(file, link)
      if (found === null || ['issues', 'security/advisories/new', 'discussions'].includes(found.path)) return false
      if (!existsSync(found.path)) return true
      return found.anchor !== undefined && found.path.endsWith('.md') && !anchorsOf(found.path).includes(found.anchor)
    })
    expect(dead).toEqual([])
  })

  // npm shows a README without the repository around it.
  it.each(readmes)('of %s are whole, for the page of the package', (file) => {
    expect(linksOf(file).filter((link) => !/^(https:|#)/.test(link))).toEqual([])
  })
})
