// node scripts/release/changeset-check.mjs BASE
//
// Fails where a public package has changed since BASE (`origin/main`) for those who use it, and no changeset that came since
// names it. A change that nobody notices is named too, with the bump `none`. Where its version has changed it was released.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { publicPackages } from './public-packages.mjs'

const [base = 'origin/main'] = process.argv.slice(2)
const git = (...args) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const since = git('merge-base', base, 'HEAD').trim()
const changed = git('diff', '--name-only', '--no-renames', since).trim().split('\n')
const added = git('diff', '--name-only', '--no-renames', '--diff-filter=AM', since).trim().split('\n')

const named = new Set(
  added
    .filter((file) => /^\.changeset\/.*\.md$/.test(file))
    .map((file) => /^---\n(.*?)\n---/s.exec(readFileSync(file, 'utf8'))?.[1] ?? '')
    .flatMap((frontMatter) => [...frontMatter.matchAll(/^["']?([^"':]+)["']?\s*:/gm)])
    .map(([, name]) => name),
)

/** What a package consists of for who uses it. */
const isPublished = (path) => /^(src\/|README\.md$|package\.json$|tsup\.config\.ts$)/.test(path)

function versionAt(commit, file) {
  try {
    return JSON.parse(git('show', `${commit}:${file}`)).version
  } catch {
    return undefined // it was not there
  }
}

const missing = publicPackages()
  .map(({ folder, manifest }) => ({ path: relative(process.cwd(), folder), manifest }))
  .filter(({ path }) => changed.some((file) => file.startsWith(`${path}/`) && isPublished(file.slice(path.length + 1))))
  .filter(({ path, manifest }) => {
    const before = versionAt(since, join(path, 'package.json'))
    return before === undefined || before === manifest.version
  })
  .filter(({ manifest }) => !named.has(manifest.name))

for (const { path, manifest } of missing) {
  console.error(`${manifest.name} has changed (${path}), and no changeset says how: run \`npm run changeset\``)
}
if (missing.length > 0) process.exitCode = 1
