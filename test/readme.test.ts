import { execFile } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { shared } from '@sess/testkit'
import { describe, expect, inject, it } from 'vitest'
import { bring, lowestNode, type Runtime } from './release/runtimes.ts'

const project = inject('project')
const folders = ['.', ...readdirSync('packages').map((name) => join('packages', name))]
const readmes = folders.map((folder) => join(folder, 'README.md')).filter(existsSync)
/** The pages of the site; the API is made of docstrings. */
const pages = globSync('docs/*/**/*.md', { exclude: ['docs/node_modules', 'docs/reference/api'] })

const nameOf = (file: string) => {
  if (file === 'README.md') return 'sess'
  return file.startsWith('docs') ? file.replace(/\.md$/, '').replaceAll('/', '-') : basename(join(file, '..'))
}
const snippets = [...readmes, ...pages].flatMap((file) => {
  const name = nameOf(file)
  return [...readFileSync(file, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ''], index) => ({
    name: `${name}-${index + 1}`,
    code,
  }))
})

/** What a snippet says that it prints: the comments after its console.log calls. */
function announced(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, said = '']) => said)
}

/** The servers that the snippets of a README talk to, by the variable that they read. */
const servers: Record<string, () => Promise<Record<string, string>>> = {
  redis: async () => ({ REDIS_URL: (await shared('redis7')).url }),
  postgres: async () => ({ DATABASE_URL: (await shared('postgres15')).url }),
  mysql: async () => ({ DATABASE_URL: (await shared('mysql9')).url }),
}

/** The Node that these tests run on, and the lowest that the packages of a snippet allow. */
const runtimes: { on: string; of: (code: string) => Runtime }[] = [
  { on: 'this Node', of: () => ({ program: process.execPath, args: [] }) },
  {
    on: 'the lowest Node',
    of: (code) => {
      const packages = [...code.matchAll(/'@sess\/([\w-]+)/g)].map(([, name = '']) => name)
      return { program: bring(`node@${lowestNode(['core', ...packages])}`), args: ['--experimental-strip-types'] }
    },
  },
]

describe.each(runtimes)(
  'each snippet of a README or of the site runs as it stands on $on, on the packed packages, and prints what it says',
  ({ on, of }) => {
    it.each(snippets)('$name', async ({ name, code }) => {
      const folder = join(project, `${name} on ${on}`.replaceAll(' ', '-'))
      mkdirSync(folder, { recursive: true })
      const file = join(folder, 'snippet.ts')
      writeFileSync(file, code)
      const addresses = await servers[name.replace(/-\d+$/, '')]?.()
      const env = { ...process.env, ...addresses }
      const { program, args } = of(code)
      const { stdout } = await promisify(execFile)(program, [...args, file], { cwd: folder, env, timeout: 60_000 })
      for (const said of announced(code)) expect(stdout).toContain(said)
    })
  },
)

it('every public package has a README with a snippet', () => {
  const named = new Set(snippets.map(({ name }) => name.replace(/-\d+$/, '')))
  for (const { name } of inject('packages')) expect(named).toContain(name.replace('@sess/', ''))
})
