import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Packs a package as it is published, and gives `{ file, manifest }`. Its `prepack` builds it. */
export function packTarball(folder, name, destination) {
  const file = join(destination, `${name.replace(/^@/, '').replace('/', '-')}.tgz`)
  execFileSync('pnpm', ['pack', '--out', file], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  return { file, manifest: JSON.parse(contentOf(file, 'package.json')) }
}

const contentOf = (file, path) => execFileSync('tar', ['xzf', file, '-O', `package/${path}`], { encoding: 'utf8' })

const pathsIn = (file) =>
  new Set(
    execFileSync('tar', ['tzf', file], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((path) => path.replace(/^package\//, '')),
  )

/** What makes a tarball unfit for publishing, in words; none where it is fit. */
export function faultsOf({ file, manifest }) {
  const paths = pathsIn(file)
  const targets = Object.values(manifest.exports).flatMap((target) => Object.values(target))
  const needed = ['README.md', 'LICENSE', 'CHANGELOG.md', ...targets.map((target) => target.replace('./', ''))]
  const faults = needed.filter((path) => !paths.has(path)).map((path) => `lacks ${path}`)
  if (paths.has('CHANGELOG.md') && !contentOf(file, 'CHANGELOG.md').includes(`\n## ${manifest.version}\n`)) {
    faults.push(`has a CHANGELOG.md that says nothing of ${manifest.version}`)
  }
  for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    if (/^(workspace|catalog|file|link):/.test(range)) faults.push(`depends on ${name} at ${range}`)
  }
  return faults
}
