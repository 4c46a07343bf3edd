import type { MarkdownRenderer } from 'vitepress'

const repository = 'https://github.com/sess-js/sess/'

/** The files of the repository that are pages here, whole. */
const pages: Record<string, string> = {
  'packages/core/README.md': '/reference/core',
  'packages/sql/README.md': '/reference/sql',
  'bench/results/README.md': '/about/benchmark',
  'SECURITY.md': '/about/security',
  'packages/http/README.md': '/adapters/http',
  'packages/express-session/README.md': '/adapters/express-session',
  ...Object.fromEntries(
    ['memory', 'sqlite', 'redis', 'postgres', 'mysql'].map((name) => [`packages/${name}/README.md`, `/stores/${name}`]),
  ),
}

/** Where a link of an included README leads: to the page of the site where there is one, else into the repository. */
function onTheSite(href: string): string {
  if (!href.startsWith(repository)) return href
  const [path = '', anchor] = href
    .slice(repository.length)
    .replace(/^(blob|tree)\/main\//, '')
    .split('#')
  const isPage = /^docs\/.*\.md$/.test(path)
  const page = isPage ? path.slice('docs'.length, -'.md'.length) : (pages[path] ?? pages[`${path}/README.md`])
  if (page === undefined) return href
  return anchor === undefined ? page : `${page}#${anchor}`
}

/** READMEs link to each other on GitHub, as npm shows them without the repository around them. */
export function linksToTheSite(md: MarkdownRenderer): void {
  md.core.ruler.push('links-to-the-site', ({ tokens }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null
      if (href !== null) token.attrSet('href', onTheSite(href))
    }
  })
}
