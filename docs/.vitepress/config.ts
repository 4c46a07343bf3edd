import { defineConfig } from 'vitepress'
import { linksToTheSite } from './links-to-the-site.ts'

/** What one imports, each with its page of the API. */
const entryPoints = ['core', 'core/config', 'core/conformance', 'sql', 'memory', 'sqlite', 'redis', 'postgres', 'mysql']
const apiOf = (name: string) => ({ text: `@sess/${name}`, link: `/reference/api/@sess/${name}/` })

const frameworks = [
  { text: 'Express', link: '/adapters/express' },
  { text: 'Fastify', link: '/adapters/fastify' },
  { text: 'NestJS', link: '/adapters/nestjs' },
  { text: 'Hono', link: '/adapters/hono' },
  { text: 'SvelteKit', link: '/adapters/sveltekit' },
  { text: 'Next.js', link: '/adapters/next' },
  { text: 'React Router', link: '/adapters/react-router' },
  { text: 'Moving in from another store', link: '/adapters/moving-in' },
  { text: '@sess/express-session', link: '/adapters/express-session' },
  { text: '@sess/http', link: '/adapters/http' },
]
const stores = ['memory', 'sqlite', 'redis', 'postgres', 'mysql']

export default defineConfig({
  title: 'sess',
  description: 'Session persistence for TypeScript: one contract, a package for each database',
  cleanUrls: true,
  lastUpdated: true,
  srcExclude: ['**/README.md'],
  markdown: { config: linksToTheSite },
  themeConfig: {
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: 'https://github.com/sess-js/sess' }],
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/guide/what-sess-is' },
      { text: 'Stores', link: '/stores/' },
      { text: 'Reference', link: '/reference/core' },
      { text: 'API', link: '/reference/api/' },
    ],
    sidebar: [
      {
        text: 'Guide',
        items: [
          { text: 'What sess is', link: '/guide/what-sess-is' },
          { text: 'Ten minutes to a login', link: '/guide/ten-minutes-to-a-login' },
          { text: 'Cookies, and when to touch', link: '/guide/cookies-and-touch' },
          { text: 'OAuth with one-time states', link: '/guide/oauth-states' },
          { text: 'Devices and signing out', link: '/guide/devices' },
          { text: 'Sessions of Better Auth', link: '/guide/better-auth' },
          { text: 'Sessions of Auth.js', link: '/guide/auth-js' },
          { text: 'Testing with a fake clock', link: '/guide/testing' },
          { text: 'Writing a store', link: '/guide/writing-a-store' },
          { text: 'Coming from authkestra or Oathkeeper', link: '/guide/coming-from-authkestra-and-oathkeeper' },
        ],
      },
      {
        text: 'Stores',
        items: [
          { text: 'Which one', link: '/stores/' },
          ...stores.map((name) => ({ text: name, link: `/stores/${name}` })),
        ],
      },
      {
        text: 'Frameworks',
        items: frameworks,
      },
      {
        text: 'Reference',
        items: [
          { text: '@sess/core', link: '/reference/core' },
          { text: '@sess/sql', link: '/reference/sql' },
          { text: 'Errors, and what to do', link: '/reference/errors' },
          { text: 'API', link: '/reference/api/', collapsed: true, items: entryPoints.map(apiOf) },
        ],
      },
      {
        text: 'About',
        items: [
          { text: 'Architecture', link: '/about/architecture' },
          { text: 'Security', link: '/about/security' },
          { text: 'Benchmark', link: '/about/benchmark' },
          { text: 'Questions', link: '/about/questions' },
          { text: 'What sess does not do', link: '/about/what-sess-does-not-do' },
        ],
      },
    ],
  },
})
