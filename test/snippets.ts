import { execFile } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { shared } from '@sess/testkit'
import { expect } from 'vitest'

export interface Snippet {
  /** The page, and which one of its snippets. */
  name: string
  code: string
}

const folders = ['.', ...readdirSync('packages').map((name) => join('packages', name))]
const readmes = folders.map((folder) => join(folder, 'README.md')).filter(existsSync)
/** The pages of the site; the API is made of docstrings. */
const pages = globSync('docs/*/**/*.md', { exclude: ['docs/node_modules', 'docs/reference/api'] })

const nameOf = (file: string) => {
  if (file === 'README.md') return 'sess'
  return file.startsWith('docs') ? file.replace(/\.md$/, '').replaceAll('/', '-') : basename(join(file, '..'))
}

/** The snippets of every README and of the site. */
export const snippets: Snippet[] = [...readmes, ...pages].flatMap((file) => {
  const name = nameOf(file)
  return [...readFileSync(file, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ''], index) => ({
    name: `${name}-${index + 1}`,
    code,
  }))
})

export const pageOf = ({ name }: Snippet) => name.replace(/-\d+$/, '')

/** What a snippet says that it prints: the comments after its console.log calls. */
function announced(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, said = '']) => said)
}

/** What the snippets of a page read from the environment: where a server is, or where to listen. */
const environments: Record<string, () => Promise<Record<string, string>>> = {
  redis: async () => ({ REDIS_URL: (await shared('redis7')).url }),
  postgres: async () => ({ DATABASE_URL: (await shared('postgres15')).url }),
  mysql: async () => ({ DATABASE_URL: (await shared('mysql9')).url }),
  sess: async () => ({ PORT: String(await freePort()) }),
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Runs a snippet as it stands in a user's project, and checks that it prints what it says. */
export async function runSnippet(snippet: Snippet, project: string, node: readonly string[]): Promise<void> {
  const [program = '', ...args] = node
  const folder = join(project, [snippet.name, ...args].join(''))
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'snippet.ts')
  writeFileSync(file, snippet.code)
  const env = { ...process.env, ...(await environments[pageOf(snippet)]?.()) }
  const { stdout } = await promisify(execFile)(program, [...args, file], { cwd: folder, env, timeout: 60_000 })
  for (const said of announced(snippet.code)) expect(stdout).toContain(said)
}
