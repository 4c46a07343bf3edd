import { afterAll, beforeAll, describe, it } from 'vitest'
import { installPackages } from './installed-packages.ts'
import { bring, lowestNode } from './release/runtimes.ts'
import { runSnippet, snippets } from './snippets.ts'

let installed: ReturnType<typeof installPackages>
beforeAll(() => {
  installed = installPackages(process.cwd())
})
afterAll(() => installed?.cleanUp())

/** `npm test` runs them on the Node at hand; this one wants flags for TypeScript and node:sqlite. */
describe('on the lowest Node that the manifests of its packages allow', { timeout: 120_000 }, () => {
  it.each(snippets)('the snippet $name runs as it stands', (snippet) => {
    const packages = [...snippet.code.matchAll(/'@sess\/([\w-]+)/g)].map(([, name = '']) => name)
    const node = bring(`node@${lowestNode(['core', ...packages])}`)
    return runSnippet(snippet, installed.project, [node, '--experimental-strip-types', '--experimental-sqlite'])
  })
})
