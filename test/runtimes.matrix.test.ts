import { execFile, execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isSkipped, type SingleName, shared } from '@sess/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installPackages } from './installed-packages.ts'
import { conformanceProgram } from './release/conformance-program.ts'

/** The packages of npm that bring each runtime: the lowest Node that a manifest allows, and what else runs JavaScript. */
const runtimes = [
  { runtime: 'node 22.12', brings: 'node@22.12.0', command: ['node'] },
  { runtime: 'bun', brings: 'bun@1', command: ['bun'] },
  { runtime: 'deno', brings: 'deno@2', command: ['deno', 'run', '--allow-all'] },
]

const stores: { backend: string; server?: SingleName }[] = [
  { backend: 'memory' },
  { backend: 'sqlite' },
  { backend: 'redis', server: 'redis7' },
  { backend: 'redis', server: 'valkey9' },
  { backend: 'postgres', server: 'postgres15' },
  { backend: 'mysql', server: 'mysql9' },
  { backend: 'mysql', server: 'mariadb' },
]

let installed: ReturnType<typeof installPackages>
beforeAll(() => {
  installed = installPackages(process.cwd())
})
afterAll(() => installed?.cleanUp())

describe.each(runtimes)(
  'on $runtime',
  { timeout: 300_000 },
  ({ runtime, brings, command: [program = '', ...args] }) => {
    let path: string
    beforeAll(() => {
      const brought = ['--yes', '--loglevel=error', `--package=${brings}`, '--call', `command -v ${program}`]
      path = execFileSync('npx', brought, { encoding: 'utf8', cwd: installed.project }).trim()
    })

    for (const { backend, server } of stores) {
      it.skipIf(server !== undefined && isSkipped(server))(`${server ?? backend} keeps its promises`, async () => {
        const url = server && (await shared(server)).url
        const file = join(installed.project, `${server ?? backend}-on-${runtime.replace(' ', '-')}.mjs`)
        writeFileSync(file, conformanceProgram(backend))
        const env = { ...process.env, URL: url }
        const { stdout } = await promisify(execFile)(path, [...args, file], { cwd: installed.project, env })
        const { passed, failed } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
        expect(failed).toEqual([])
        expect(passed).toBeGreaterThan(200)
      })
    }
  },
)
