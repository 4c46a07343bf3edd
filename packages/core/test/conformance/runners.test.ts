import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { conformanceCases } from '../../src/conformance/index.ts'
import { missingInHarness } from '../../src/conformance/run-case.ts'
import { harness } from './runners/harness.ts'

const here = fileURLToPath(new URL('runners/', import.meta.url))
const bin = fileURLToPath(new URL('../../../../node_modules/.bin/', import.meta.url))
const applicable = conformanceCases.filter((definition) => missingInHarness(harness, definition) === undefined)
const leftOut = conformanceCases.filter(({ requires }) => requires.includes('outage')).length
const skipped = applicable.filter(({ requires }) => requires.includes('touch')).length
const passed = applicable.length - skipped

interface Ended {
  code: number
  output: string
}

/** Runs a program in this folder as anybody would: without what vitest put into the environment. */
function run(file: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env
  return new Promise((resolve) => {
    const options = { cwd: here, env: { PATH, HOME, ...env }, maxBuffer: 64 * 1024 * 1024 }
    execFile(file, args, options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: `${stdout}${stderr}` })
    })
  })
}

const runners: readonly (readonly [string, (env?: Record<string, string>) => Promise<Ended>, RegExp[]])[] = [
  [
    'node:test',
    (env) => run(process.execPath, ['--test', '--test-reporter=tap', 'node-test.ts'], env),
    [new RegExp(`# pass ${passed}\\n`), /# fail 0\n/, new RegExp(`# skipped ${skipped}\\n`)],
  ],
  [
    'mocha',
    (env) => run(`${bin}mocha`, ['globals.ts'], env),
    [new RegExp(`${passed} passing`), new RegExp(`${skipped} pending`)],
  ],
  [
    'jest',
    (env) => run(`${bin}jest`, ['--config', 'jest.config.mjs'], { ...env, NODE_OPTIONS: '--experimental-vm-modules' }),
    [new RegExp(`Tests: +${applicable.length} passed`)],
  ],
]

test.each(runners)(
  'the suite passes and fails under %s as it should',
  async (_, start, patterns) => {
    const good = await start()
    expect(good, good.output.slice(-4_000)).toMatchObject({ code: 0 })
    for (const pattern of patterns) expect(good.output).toMatch(pattern)
    // why a case was skipped or left out stands in the output of each
    expect(good.output).toContain("the store's capabilities lack touch")
    expect(good.output).toContain(`${leftOut} cases left out: the harness has no outage`)
    const bad = await start({ BROKEN: 'resurrecting' })
    expect(bad.code).not.toBe(0)
    expect(bad.output).toContain('a save after delete: it resolved')
  },
  120_000,
)

test('the suite runs without a runner, and its process ends by itself', async () => {
  const { code, output } = await run(process.execPath, ['plain.ts'])
  expect(output.trimEnd().split('\n').at(-1)).toBe(
    `${passed} passed, 0 failed, ${conformanceCases.length - passed} skipped`,
  )
  expect(code).toBe(0)
})

test('a promise that rejects before a case comes to await it ends no process: the report is complete', async () => {
  const { code, output } = await run(process.execPath, ['plain.ts'], { BROKEN: 'rejecting-early' })
  expect(code).toBe(1)
  expect(output).toMatch(/FAIL ordering\/save-then-load: .+\n +Error: exists is not here yet/)
  expect(output).toMatch(/\d+ passed, \d+ failed, \d+ skipped\n$/)
})

test('an error of the store that nobody can handle fails the cases in which it comes up, and the report is complete', async () => {
  const { code, output } = await run(process.execPath, ['plain.ts'], { BROKEN: 'straying' })
  expect(code).toBe(1)
  const stray = 'Error: an error of the store is handled by nobody, and ends the process'
  expect(output).toMatch(
    new RegExp(`FAIL load/has-every-field: .+\\n +${stray}\\n +caused by Error: the index was not written`),
  )
  expect(output).toMatch(
    new RegExp(`FAIL races/create-and-create-on-one-id: .+\\n +${stray}\\n +caused by Error: the connection was lost`),
  )
  expect(output).toMatch(/\d+ passed, \d+ failed, \d+ skipped\n$/)
})
