import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { installPackages } from './installed-packages.ts'
import { runSnippet, snippets } from './snippets.ts'

let installed: ReturnType<typeof installPackages>
beforeAll(() => {
  installed = installPackages(process.cwd())
})
afterAll(() => installed?.cleanUp())

/** Not those on SQLite: better-sqlite3 was installed for the Node at hand, and node:sqlite is behind a flag before 22.13. */
const portable = snippets.filter(({ code }) => !code.includes('sqlite'))

/** `npm test` runs them on the Node at hand; this one wants a flag for TypeScript. */
describe('on Node 22.12, the lowest that a manifest allows', { timeout: 120_000 }, () => {
  let node: string
  beforeAll(() => {
    const brought = ['--yes', '--loglevel=error', '--package=node@22.12.0', '--call', 'command -v node']
    node = execFileSync('npx', brought, { encoding: 'utf8', cwd: installed.project }).trim()
  })

  it.each(portable)('the snippet $name runs as it stands', (snippet) =>
    runSnippet(snippet, installed.project, [node, '--experimental-strip-types']),
  )
})
