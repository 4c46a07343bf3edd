import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

export interface PublicPackage {
  name: string
  folder: string
  tarball: string
  /** The keys of package.json#exports: '.', './config' */
  entries: string[]
  drivers: string[]
  /** Whether importing it registers a store. */
  registers: boolean
}

interface Manifest {
  name: string
  version: string
  private?: boolean
  exports?: Record<string, unknown>
  sideEffects: false | string[]
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

function run(cwd: string, command: string, ...args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`)
}

function pack(folder: string, destination: string): PublicPackage {
  const { name, exports = {}, peerDependencies = {}, sideEffects } = readManifest(folder)
  const tarball = join(destination, `${name.replace('@sess/', '')}.tgz`)
  run(folder, 'pnpm', 'pack', '--out', tarball)
  return {
    name,
    folder,
    tarball,
    entries: Object.keys(exports),
    drivers: Object.keys(peerDependencies).filter((peer) => !peer.startsWith('@sess/')),
    registers: sideEffects !== false,
  }
}

/** The versions that the lockfile gives to what a package depends on from outside this repository. */
function versionsOfDependencies(folder: string): Record<string, string> {
  const { dependencies, peerDependencies } = readManifest(folder)
  const foreign = Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => !name.startsWith('@sess/'))
  return Object.fromEntries(foreign.map((name) => [name, readManifest(join(folder, 'node_modules', name)).version]))
}

function install(packages: PublicPackage[], project: string): void {
  const tarballs = Object.fromEntries(packages.map(({ name, tarball }) => [name, `file:${tarball}`]))
  const versions = Object.assign({}, ...packages.map(({ folder }) => versionsOfDependencies(folder)))
  const dependencies = { ...versions, ...tarballs }
  const manifest = { name: 'project', private: true, type: 'module', dependencies }
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  // What the packages themselves ask for comes to the same: one @sess/core, the packed one.
  writeFileSync(join(project, 'pnpm-workspace.yaml'), JSON.stringify({ overrides: dependencies }))
  run(project, 'pnpm', 'install', '--prefer-offline', '--no-frozen-lockfile')
}

/** Builds the public packages, packs each as for publishing, and installs the tarballs together in a new project. */
export function installPackages(root: string): { packages: PublicPackage[]; project: string; cleanUp: () => void } {
  run(root, 'turbo', 'run', 'build')
  const temporary = mkdtempSync(join(tmpdir(), 'sess-packed-'))
  const cleanUp = () => rmSync(temporary, { recursive: true })
  try {
    const sources = join(root, 'packages')
    const folders = readdirSync(sources).map((name) => join(sources, name))
    const packages = folders.filter((folder) => !readManifest(folder).private).map((each) => pack(each, temporary))
    const project = join(temporary, 'project')
    install(packages, project)
    return { packages, project, cleanUp }
  } catch (error) {
    cleanUp()
    throw error
  }
}

/** One such project for all tests of what is built. */
export default function setup({ config, provide }: TestProject): () => void {
  const { packages, project, cleanUp } = installPackages(config.root)
  provide('packages', packages)
  provide('project', project)
  return cleanUp
}
