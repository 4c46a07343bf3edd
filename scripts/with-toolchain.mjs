// node scripts/with-toolchain.mjs COMMAND ARGS...
//
// Runs a command with the Node and the pnpm that this repository needs, and with its dependencies installed. What the
// machine lacks comes from the npm registry through npx, so npm and any Node from 20 on are enough to begin with:
// this file must run on that old Node, and without dependencies.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endLike, runProcess } from './run-process.mjs'

const OLDEST_NODE = [22, 18] // the first that runs TypeScript as it stands
const NODE_TO_FETCH = 'node@24'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pnpmSpec = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager

function nodeIsNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
}

function pnpmIsRight() {
  try {
    // Outside the repository, where pnpm does not replace itself by the version that package.json pins.
    const version = execFileSync('pnpm', ['--version'], { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'ignore'] })
    return `pnpm@${version.toString().trim()}` === pnpmSpec
  } catch {
    return false
  }
}

/** The folders of the programs that the machine lacks, from npx's cache. Nothing runs under npx itself: it would stand
 * between a signal and the command. */
function foldersOf(programs) {
  const packages = programs.map((program) => `--package=${program}`)
  const names = programs.map((program) => `command -v ${program.split('@')[0]}`)
  const found = execFileSync('npx', ['--yes', '--loglevel=error', ...packages, '--call', names.join(' && ')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return found.toString().trim().split('\n').map(dirname)
}

function environment() {
  const missing = nodeIsNewEnough() ? [] : [NODE_TO_FETCH]
  // A pnpm found beside an old Node would run on it, or refuse to: take both from one place.
  if (missing.length > 0 || !pnpmIsRight()) missing.push(pnpmSpec)
  const fetched = missing.length > 0 ? foldersOf(missing) : []
  const ownNode = nodeIsNewEnough() ? [dirname(process.execPath)] : []
  const path = new Set([join(root, 'node_modules', '.bin'), ...ownNode, ...fetched, process.env.PATH])
  return { ...process.env, PATH: [...path].join(delimiter), TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
}

/** Installs the dependencies unless this very lockfile was installed last. */
async function install(env) {
  const stamp = join(root, 'node_modules', '.installed-lockfile')
  const lockfile = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex')
  try {
    if (readFileSync(stamp, 'utf8') === lockfile) return
  } catch {
    // Never installed.
  }
  // Its messages go to standard error: standard output belongs to the command.
  const stdio = ['inherit', process.stderr, 'inherit']
  const end = await runProcess('pnpm', ['install', '--frozen-lockfile'], { env, stdio })
  if (end.code !== 0) return endLike(end)
  writeFileSync(stamp, lockfile)
}

const [command, ...args] = process.argv.slice(2)
process.chdir(root)
const env = environment()
await install(env)
endLike(await runProcess(command, args, { env }))
