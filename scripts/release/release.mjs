// pnpm release               tests, builds, packs and publishes every public package whose version is not published yet
// pnpm release @sess/redis   only these
//   --registry=URL           another registry than npm's
//   --tested                 the tests of this very commit have passed already
//
// `pnpm release:version` comes before: it turns the changesets into versions and CHANGELOGs, to be committed.
// In a workflow of GitHub each tarball carries its provenance. Nothing is published unless all tarballs are fit for it.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { publicPackages } from './public-packages.mjs'
import { registryAt } from './registry.mjs'
import { faultsOf, packTarball } from './tarball.mjs'

const { values, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: {
    registry: { type: 'string', default: 'https://registry.npmjs.org/' },
    tested: { type: 'boolean', default: false },
  },
})
const registry = registryAt(values.registry)
const provenance = process.env.ACTIONS_ID_TOKEN_REQUEST_URL !== undefined

function stop(...lines) {
  console.error(lines.join('\n'))
  process.exit(1)
}

const known = publicPackages()
const unknown = asked.filter((name) => known.every(({ manifest }) => manifest.name !== name))
if (unknown.length > 0) stop(`There is no public package ${unknown.join(', ')}`)

const due = known
  .filter(({ manifest }) => asked.length === 0 || asked.includes(manifest.name))
  .filter(({ manifest }) => !registry.has(manifest.name, manifest.version))
if (due.length === 0) {
  console.log('All of it is published already')
  process.exit()
}
const unversioned = due.filter(({ manifest }) => manifest.version === '0.0.0').map(({ manifest }) => manifest.name)
if (unversioned.length > 0) stop(`0.0.0 is no release: \`pnpm release:version\` gives a version to ${unversioned}`)

if (!values.tested && spawnSync(process.execPath, ['scripts/test.mjs'], { stdio: 'inherit' }).status !== 0) {
  stop('The tests did not pass')
}

const folder = mkdtempSync(join(tmpdir(), 'sess-release-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const tarballs = due.map(({ folder: source, manifest }) => packTarball(source, manifest.name, folder))

/** What a package needs of ours must be there by the time that it is. */
function missingFor({ manifest }) {
  return Object.entries(manifest.dependencies ?? {})
    .filter(([name]) => known.some((each) => each.manifest.name === name))
    .filter(([name]) => due.every((each) => each.manifest.name !== name))
    .filter(([name, range]) => !registry.has(name, range))
    .map(([name, range]) => `needs ${name} ${range}, which is not published: release it too`)
}

const faults = tarballs.flatMap((each) =>
  [...faultsOf(each), ...missingFor(each)].map((fault) => `${each.manifest.name} ${fault}`),
)
if (faults.length > 0) stop('Nothing is published:', ...faults)

for (const { file, manifest } of tarballs) {
  registry.publish(file, { provenance })
  const tag = `${manifest.name}@${manifest.version}`
  execFileSync('git', ['tag', '--force', tag])
  console.log(`New tag: ${tag}`) // the words that changesets/action reads
}
