import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { installPackages } from './installed-packages.ts'
import { runSnippet, snippets } from './snippets.ts'

/** The lowest Node that a manifest allows, which wants a flag for TypeScript, and the newest. */
const nodes = [
  { node: '22.12', brings: 'node@22.12.0', args: ['--experimental-strip-types'] },
  { node: 'latest', brings: 'node@latest', args: [] },
]

let installed: ReturnType<typeof installPackages>
beforeAll(() => {
  installed = installPackages(process.cwd())
})
afterAll(() => installed?.cleanUp())

describe.each(nodes)('on Node $node', { timeout: 120_000 }, ({ brings, args }) => {
  let path: string
  beforeAll(() => {
    const brought = ['--yes', '--loglevel=error', `--package=${brings}`, '--call', 'command -v node']
    path = execFileSync('npx', brought, { encoding: 'utf8', cwd: installed.project }).trim()
  })

  it.each(snippets)('the snippet $name runs as it stands', (snippet) =>
    runSnippet(snippet, installed.project, [path, ...args]),
  )
})
