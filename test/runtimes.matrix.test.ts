import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isSkipped, type SingleName, shared } from '@sess/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installPackages } from './installed-packages.ts'
import { conformanceProgram } from './release/conformance-program.ts'
import { bring, lowestNode, type Runtime } from './release/runtimes.ts'

/** What runs JavaScript, for a store: the lowest Node that its manifest allows, and the others. */
const runtimes: { name: string; of: (backend: string) => Runtime }[] = [
  { name: 'the lowest Node', of: (backend) => ({ program: bring(`node@${lowestNode([backend])}`), args: [] }) },
  { name: 'bun', of: () => ({ program: bring('bun@1'), args: [] }) },
  { name: 'deno', of: () => ({ program: bring('deno@2'), args: ['run', '--allow-all'] }) },
]

/** `unproved`: a runtime that we promise nothing of for this store; docs/about/questions.md says why. */
const stores: { backend: string; server?: SingleName; unproved?: string }[] = [
  { backend: 'memory' },
  { backend: 'sqlite' },
  { backend: 'redis', server: 'redis7' },
  { backend: 'redis', server: 'valkey9' },
  { backend: 'postgres', server: 'postgres15' },
  { backend: 'mysql', server: 'mysql9', unproved: 'deno' },
  { backend: 'mysql', server: 'mariadb' },
]

let installed: ReturnType<typeof installPackages>
beforeAll(() => {
  installed = installPackages(process.cwd())
})
afterAll(() => installed?.cleanUp())

/** Runs a program in the project of somebody who installed the packages, and gives what it printed. */
async function run({ program, args }: Runtime, name: string, code: string, url?: string): Promise<string> {
  const file = join(installed.project, `${name.replaceAll(' ', '-')}.mjs`)
  writeFileSync(file, code)
  const env = { ...process.env, URL: url }
  const { stdout } = await promisify(execFile)(program, [...args, file], { cwd: installed.project, env })
  return stdout.trim().split('\n').at(-1) ?? ''
}

describe.each(runtimes)('on $name', { timeout: 300_000 }, ({ name, of }) => {
  // Side by side, as each waits for most of its time.
  for (const { backend, server } of stores.filter(({ unproved }) => unproved !== name)) {
    const store = server ?? backend
    const skipped = server !== undefined && isSkipped(server)
    it.skipIf(skipped)(`${store} keeps its promises`, { concurrent: true }, async () => {
      const url = server && (await shared(server)).url
      const printed = await run(of(backend), `${store} on ${name}`, conformanceProgram(backend), url)
      const { passed, failed, unseen } = JSON.parse(printed)
      expect(failed).toEqual([])
      expect(unseen).toEqual([]) // a case that a runtime makes impossible would be named here, with its reason
      expect(passed).toBeGreaterThan(300)
    })
  }
})

it('on Node 22.12 sqlite says which Node it needs, where better-sqlite3 would crash the process', async () => {
  const old = { program: bring('node@22.12.0'), args: [] }
  const program = `
    import { sqliteStore } from '@sess/sqlite'
    await sqliteStore({ path: ':memory:' }).create().catch(({ code, message }) => console.log(code + ' ' + message))
  `
  expect(await run(old, 'sqlite on an old Node', program)).toMatch(/^SESS_CONFIG .*22\.14/)
})
