import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

export interface PublicPackage {
  name: string
  folder: string
  tarball: string
  /** The keys of package.json#exports: '.', './sql' */
  entries: string[]
  drivers: string[]
}

interface Manifest {
  name: string
  private?: boolean
  exports: Record<string, unknown>
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

declare module 'vitest' {
  interface ProvidedContext {
    packages: PublicPackage[]
    /** A project of a user who installed the packed packages together, with all drivers. */
    project: string
  }
}

const readManifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/** Builds the public packages, packs each as for publishing, and installs the tarballs together in a new project. */
export default function setup({ config, provide }: TestProject): () => void {
  const run = (cwd: string, command: string, ...args: string[]): void => {
    try {
      execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' })
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string }
      throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error })
    }
  }
  const temporary = mkdtempSync(join(tmpdir(), 'sess-packed-'))
  const project = join(temporary, 'project')
  mkdirSync(project)

  const sources = join(config.root, 'packages')
  const folders = readdirSync(sources).map((name) => join(sources, name))
  const packages: PublicPackage[] = []
  const versions: Record<string, string> = {}

  run(config.root, 'turbo', 'run', 'build')
  for (const folder of folders) {
    const manifest = readManifest(folder)
    if (manifest.private) continue
    const tarball = join(temporary, `${manifest.name.replace('@sess/', '')}.tgz`)
    run(folder, 'pnpm', 'pack', '--out', tarball)
    const drivers = Object.keys(manifest.peerDependencies ?? {})
    packages.push({ name: manifest.name, folder, tarball, entries: Object.keys(manifest.exports), drivers })
    for (const dependency of [...drivers, ...Object.keys(manifest.dependencies ?? {})]) {
      if (dependency.startsWith('@sess/')) continue
      const installed = JSON.parse(readFileSync(join(folder, 'node_modules', dependency, 'package.json'), 'utf8'))
      versions[dependency] = installed.version
    }
  }

  // The overrides make one @sess/core of it, the packed one, and hold everything else at the versions of the lockfile.
  const tarballs = Object.fromEntries(packages.map(({ name, tarball }) => [name, `file:${tarball}`]))
  const everything = { ...versions, ...tarballs }
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'project', private: true, type: 'module', dependencies: everything }),
  )
  writeFileSync(join(project, 'pnpm-workspace.yaml'), JSON.stringify({ overrides: everything }))
  run(project, 'pnpm', 'install', '--prefer-offline', '--no-frozen-lockfile')

  provide('packages', packages)
  provide('project', project)
  return () => rmSync(temporary, { recursive: true })
}
