import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const guide = readFileSync('docs/guide/writing-a-store.md', 'utf8')
const files = new Map(
  [...guide.matchAll(/^```\w+ \[([^\]\n]+)\]\n(.*?)^```$/gms)].map(([, name = '', text = '']) => [name, text]),
)
const fileOf = (name: string) => files.get(name) ?? expect.unreachable(`the guide has no ${name}`)

let temporary: string
let core: string
/** The package that the guide makes. */
let folder: string

beforeAll(async () => {
  temporary = mkdtempSync(join(tmpdir(), 'sess-guide-'))
  core = join(temporary, 'core.tgz')
  await run('pnpm', ['--filter=@sess/core', 'exec', 'pnpm', 'pack', '--out', core])
  folder = join(temporary, 'sess-level')
  for (const [name, text] of files) {
    if (name === 'application.ts') continue
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  await install(folder, 'vitest', 'mocha', 'jest')
}, 600_000)
afterAll(() => rmSync(temporary, { recursive: true }))

/** `pnpm install`, of the core that was packed and the versions that this repository has. */
async function install(where: string, ...further: string[]): Promise<void> {
  const overrides = { '@sess/core': `file:${core}` }
  const allowBuilds = { 'classic-level': false, esbuild: false, '@parcel/watcher': false, 'unrs-resolver': false }
  writeFileSync(join(where, 'pnpm-workspace.yaml'), JSON.stringify({ overrides, allowBuilds }))
  const how = ['--prefer-offline', '--config.confirm-modules-purge=false']
  await run('pnpm', ['install', '--no-frozen-lockfile', ...how], { cwd: where })
  if (further.length > 0) await run('pnpm', ['add', '--save-dev', ...how, ...further], { cwd: where })
}

async function inFolder(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { PATH, HOME } = process.env
  const path = `${join(folder, 'node_modules/.bin')}:${PATH}`
  try {
    const options = { cwd: folder, env: { PATH: path, HOME, ...env }, maxBuffer: 64 * 1024 ** 2 }
    const { stdout, stderr } = await run(command, args, options)
    return stdout + stderr
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    return expect.unreachable(`${command} ${args.join(' ')} fails:\n${stdout?.slice(-4_000)}\n${stderr?.slice(-4_000)}`)
  }
}

/** The conformance test as the table says it for a runner: with other imports, or none. */
function testFor(file: string, imported: string): void {
  const text = fileOf('test/conformance.test.ts').replace(/import \{ describe, it \} from 'node:test'\n/, imported)
  writeFileSync(join(folder, file), text)
}

describe('the package of the guide "Writing a store", made of its files as they stand', { timeout: 600_000 }, () => {
  it('has every type right', async () => {
    await inFolder('npm', ['run', 'check'])
  })

  it('passes its tests, the whole suite among them, also as it is decorated', async () => {
    const printed = await inFolder('npm', ['test'])
    expect(printed).toMatch(/fail 0\n/)
    expect(Number(/pass (\d+)\n/.exec(printed)?.[1])).toBeGreaterThan(600)
  })

  it('runs the suite without a runner', async () => {
    expect(await inFolder('node', ['test/conformance.ts'])).toMatch(/\n\d{3} passed, 0 failed, \d+ skipped\n/)
  })

  it.each([
    ['vitest', 'test/for-vitest.test.ts', "import { describe, it } from 'vitest'\n", ['run', '-t', 'harness/'], {}],
    ['mocha', 'test/for-mocha.ts', '', ['--grep', 'harness/', 'test/for-mocha.ts'], {}],
    ['jest', 'test/for.jest.ts', '', ['-t', 'harness/'], { NODE_OPTIONS: '--experimental-vm-modules' }],
  ] as const)('runs the suite under %s', async (command, file, imported, args, env) => {
    testFor(file, imported)
    const which = command === 'vitest' ? [file] : []
    const printed = await inFolder(command, [...args, ...which], env)
    expect(printed).toMatch(/10 pass(ed|ing)/)
    rmSync(join(folder, file))
  })

  it('is packed with what it needs, and serves an application that has installed it', async () => {
    await inFolder('npm', ['pack', '--pack-destination', temporary])
    const application = join(temporary, 'application')
    mkdirSync(application)
    const dependencies = {
      '@sess/core': `file:${core}`,
      'sess-level': `file:${join(temporary, 'sess-level-0.1.0.tgz')}`,
    }
    const manifest = {
      name: 'application',
      private: true,
      type: 'module',
      dependencies: { ...dependencies, 'classic-level': '^3.0.0' },
    }
    writeFileSync(join(application, 'package.json'), JSON.stringify(manifest))
    await install(application)
    writeFileSync(join(application, 'application.ts'), fileOf('application.ts'))
    const { stdout } = await run('node', ['application.ts'], { cwd: application })
    for (const [, said = ''] of fileOf('application.ts').matchAll(/console\.log\(.*\) \/\/ (.*)$/gm))
      expect(stdout).toContain(said)
  })
})
