import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const matches = (text, pattern) => [...text.matchAll(pattern)].map(([, found]) => found)

/**
 * The links of a built site that lead nowhere: to a page that is not there, or to a place in it that it does not have.
 * (VitePress looks at what is in the text of a page, and not at its menus and anchors.)
 */
export function deadLinks(site) {
  const pages = new Map()
  for (const file of readdirSync(site, { recursive: true }).filter((name) => name.endsWith('.html'))) {
    const html = readFileSync(join(site, file), 'utf8')
    const ids = new Set(matches(html, /\sid="([^"]+)"/g))
    pages.set(file, { ids, links: matches(html, /<a\b[^>]*\shref="([^"]*)"/g) })
  }
  const dead = new Set()
  for (const [file, { links }] of pages) {
    for (const link of links.filter((each) => !/^[a-z]+:/.test(each))) {
      const [path, anchor] = link.split('#').map(decodeURIComponent)
      const at = path.startsWith('/') ? path.slice(1) : relative(site, join(site, dirname(file), path))
      const page = path === '' ? file : [at, `${at}.html`, join(at, 'index.html')].find((each) => pages.has(each))
      const leads =
        page === undefined ? at !== '' && existsSync(join(site, at)) : !anchor || pages.get(page).ids.has(anchor)
      if (!leads) dead.add(`${file}: ${link}`)
    }
  }
  return [...dead]
}
