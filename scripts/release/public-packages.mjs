import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const readManifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/** The packages that are published, as `{ folder, manifest }`: what another one depends on comes before it. */
export function publicPackages(root = process.cwd()) {
  const folders = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))
  const packages = folders.map((folder) => ({ folder, manifest: readManifest(folder) }))
  const left = new Map(packages.filter(({ manifest }) => !manifest.private).map((each) => [each.manifest.name, each]))
  const sorted = []
  const visit = (each) => {
    left.delete(each.manifest.name)
    const { dependencies, peerDependencies } = each.manifest
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
      if (left.has(name)) visit(left.get(name))
    }
    sorted.push(each)
  }
  while (left.size > 0) visit(left.values().next().value)
  return sorted
}
