import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A program that runs JavaScript, and the arguments that stand before the file. */
export interface Runtime {
  readonly program: string
  readonly args: readonly string[]
}

const brought = new Map<string, string>()

/** Brings a program by npx from the package of its name: `node@22.12.0`, `bun@1`. */
export function bring(specification: string): string {
  const known = brought.get(specification)
  if (known !== undefined) return known
  const [name] = specification.split('@')
  const args = ['--yes', '--loglevel=error', `--package=${specification}`, '--call', `command -v ${name}`]
  // Not in the repository: npx would take a program of its node_modules.
  const path = execFileSync('npx', args, { encoding: 'utf8', cwd: tmpdir() }).trim()
  brought.set(specification, path)
  return path
}

/** The lowest Node that the manifests of these packages of ours allow together: `22.12.0`. */
export function lowestNode(packages: Iterable<string>): string {
  const minors = Array.from(packages, (name) => {
    const { engines } = JSON.parse(readFileSync(join('packages', name, 'package.json'), 'utf8'))
    const [, minor] = /^>=22\.(\d+)$/.exec(engines.node) ?? []
    if (minor === undefined) throw new Error(`The lowest Node of @sess/${name} is not to be read from ${engines.node}`)
    return Number(minor)
  })
  return `22.${Math.max(...minors)}.0`
}
