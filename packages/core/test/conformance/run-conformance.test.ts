import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import {
  type ConformanceHarness,
  type ConformanceReport,
  conformanceCases,
  describeConformance,
  formatReport,
  runConformance,
} from '../../src/conformance/index.ts'
import { runCase } from '../../src/conformance/run-case.ts'
import { SessionError } from '../../src/contract/errors.ts'
import type { ListOptions } from '../../src/contract/method-options.ts'
import type { IdentityRef } from '../../src/contract/session.ts'
import type { SessionStore } from '../../src/contract/session-store.ts'
import { MinimalStore } from './minimal-store.ts'
import { referenceHarness } from './reference-harness.ts'
import { ReferenceStore, type Row } from './reference-store.ts'

const minimal = { open: ({ now }: { now: () => number }) => new MinimalStore({ now }) }

function reportOf(report: ConformanceReport, id: string) {
  return report.cases.find((each) => each.id === id)
}

async function outcomeOf<Store extends SessionStore>(id: string, harness: ConformanceHarness<Store>) {
  const definition = conformanceCases.find((each) => each.id === id)
  if (!definition) throw new Error(`no case has the id ${id}`)
  return await runCase(harness as ConformanceHarness, definition)
}

class Resurrecting extends ReferenceStore {
  protected override replace(...args: Parameters<ReferenceStore['put']>) {
    return this.put(...args)
  }
}

const deletion = 'save/versioned-after-delete-is-gone'

test('ids are stable: group/name in kebab case, each once', () => {
  const ids = conformanceCases.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { id, group } of conformanceCases) {
    expect(id).toMatch(/^[a-z-]+\/[a-zA-Z0-9-]+$/)
    expect(id.startsWith(`${group}/`)).toBe(true)
  }
})

test('a store of save, load and delete passes with a harness of open alone, and what it lacks is skipped with a reason', async () => {
  const report = await runConformance(minimal)
  expect(report.cases.filter(({ status }) => status === 'failed')).toEqual([])
  expect(reportOf(report, 'touch/moves-expiry')).toMatchObject({
    status: 'skipped',
    reason: "the store's capabilities lack touch",
  })
  expect(reportOf(report, 'capabilities/without-touch')).toMatchObject({ status: 'passed' })
  expect(reportOf(report, 'at-rest/ids-are-hashed')?.reason).toBe('the harness has no dump')
  expect(reportOf(report, 'hostile-data/limit-counts-bytes')?.reason).toBe('the harness has no takesOptions')
  expect(reportOf(report, 'load/sees-other-clients')?.reason).toBe('the harness has no openPeer')
  expect(reportOf(report, 'races/save-and-delete')).toMatchObject({
    status: 'passed',
    reason: 'no second client: one stood in for both',
  })
  expect(report.passed + report.skipped).toBe(conformanceCases.length)
})

test('the report prints every case by group with status and reason, and ends with the totals', async () => {
  const report = await runConformance({ ...minimal, expectedFailures: { [deletion]: 'it was repaired' } })
  const lines = formatReport(report).split('\n')
  expect(lines).toContain('touch')
  expect(lines).toContainEqual(
    expect.stringMatching(/^ {2}skip touch\/moves-expiry: .+ \(the store's capabilities lack touch\)$/),
  )
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}ok {3}load\/unknown-is-null: /))
  const failed = lines.findIndex((line) => line.startsWith(`  FAIL ${deletion}: `))
  expect(lines[failed + 1]).toBe('       Error: passes, though it is listed in expectedFailures: it was repaired')
  expect(lines.at(-1)).toBe(`${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`)
})

test('an expected failure passes, and says why', async () => {
  const harness = { ...referenceHarness(Resurrecting), expectedFailures: { [deletion]: 'it upserts' } }
  expect(await outcomeOf(deletion, harness)).toMatchObject({
    status: 'passed',
    reason: 'fails as expected: it upserts',
  })
})

test('an unknown id in expectedFailures fails', async () => {
  const report = await runConformance({ ...minimal, expectedFailures: { 'save/renamed': 'gone' } })
  expect(reportOf(report, 'save/renamed')).toMatchObject({ status: 'failed' })
  expect(String(reportOf(report, 'save/renamed')?.error)).toContain('no case has this id')
  expect(report.failed).toBe(1)
})

test('a skipped case stays skipped where it is an expected failure', async () => {
  const { status } = await outcomeOf('touch/moves-expiry', {
    ...minimal,
    expectedFailures: { 'touch/moves-expiry': 'it does not matter' },
  })
  expect(status).toBe('skipped')
})

test('every store that a case opened is closed, peers first, and torn down after, also where the case fails', async () => {
  const log: string[] = []
  class Logged extends Resurrecting {
    name = ''
    override async close() {
      log.push(`close ${this.name}`)
      await super.close()
    }
  }
  const { openPeer, ...base } = referenceHarness(Logged) as ConformanceHarness<Logged>
  const outcome = await outcomeOf('save/versioned-after-peer-delete-is-gone', {
    ...base,
    async open(options) {
      const store = (await base.open(options)) as Logged
      store.name = 'store'
      return store
    },
    async openPeer(store, options) {
      const peer = (await openPeer?.(store as Logged, options)) as Logged
      peer.name = 'peer'
      return peer
    },
    teardown: () => {
      log.push('teardown')
    },
  })
  expect(outcome.status).toBe('failed')
  expect(log).toEqual(['close peer', 'close store', 'teardown'])
})

test('a case fails where its store cannot be opened, closed or torn down', async () => {
  const reject = () => Promise.reject(new Error('out of order'))
  class Unclosable extends ReferenceStore {
    override close = reject
  }
  for (const harness of [
    { ...referenceHarness(), open: reject },
    referenceHarness(Unclosable),
    { ...referenceHarness(), teardown: reject },
  ]) {
    const { status, error } = await outcomeOf('load/unknown-is-null', harness)
    expect(status).toBe('failed')
    expect(String(error)).toContain('out of order')
  }
})

test('a case that hangs fails at the limit of the harness', async () => {
  class Hanging extends ReferenceStore {
    override load() {
      return new Promise<never>(() => {})
    }
  }
  const { status, error } = await outcomeOf('load/unknown-is-null', { ...referenceHarness(Hanging), limitMs: 50 })
  expect(status).toBe('failed')
  expect(String(error)).toContain('did not settle within 50 ms')
})

test('a generated history that fails reports its seed and a small counterexample, the same each time', async () => {
  class Miscounting extends ReferenceStore {
    override async count() {
      return (await super.count()) + 1
    }
  }
  const run = async (seed: number) => {
    const harness = { ...referenceHarness(Miscounting), seed }
    const { error } = await outcomeOf('properties/histories-agree-with-a-model', harness)
    return (error as Error).message
  }
  const message = await run(42)
  expect(message).toMatch(/count agrees with the model[\s\S]*seed 42, path [\d:]+, counterexample \[/)
  expect(await run(42)).toBe(message)
})

test('a harness whose peer is the store itself passes, and the report says that no clients raced', async () => {
  const harness = { ...referenceHarness(), openPeer: (store: ReferenceStore) => store }
  const report = await runConformance(harness)
  expect(report.cases.filter(({ status }) => status === 'failed')).toEqual([])
  expect(reportOf(report, 'races/save-and-delete')?.reason).toBe('no second client: one stood in for both')
})

test('a report shows what caused an error: there are the words of a driver', () => {
  const cause = new Error('relation "sessions" does not exist', { cause: new Error('42P01') })
  const error = new SessionError('SESS_UNAVAILABLE', 'Postgres: unknown fault', { cause })
  const failed = { id: 'load/x', group: 'load', title: 'x', status: 'failed', error } as const
  const lines = formatReport({ passed: 0, failed: 1, skipped: 0, cases: [failed] }).split('\n')
  expect(lines.slice(2, 5)).toEqual([
    '       SessionError SESS_UNAVAILABLE: Postgres: unknown fault',
    '       caused by Error: relation "sessions" does not exist',
    '       caused by Error: 42P01',
  ])
})

test('an assertion about an error keeps it as its cause', async () => {
  const down = new SessionError('SESS_UNAVAILABLE', 'down', { cause: new Error('ECONNREFUSED') })
  class Failing extends ReferenceStore {
    protected override replace(): never {
      throw down
    }
  }
  const { error } = await outcomeOf(deletion, referenceHarness(Failing))
  expect(String(error)).toContain('expected SESS_GONE, got SessionError SESS_UNAVAILABLE: down')
  expect(error?.cause).toBe(down)
})

test('where the harness is wrong, the report says so, and no other case is run', async () => {
  let opened = 0
  const report = await runConformance({
    open: () => {
      opened += 1
      return new ReferenceStore({ now: () => 0 })
    },
  })
  expect(reportOf(report, deletion)).toMatchObject({
    status: 'skipped',
    reason: 'the harness is wrong, see harness/hands-on-the-clock: nothing else is run',
  })
  expect(report.failed).toBe(1)
  expect(opened).toBeLessThan(10)
})

test('a runner is told of the wrong harness once, and skips the rest with the reason', async () => {
  const told: string[] = []
  const bodies: [string, () => Promise<void>][] = []
  const open = () => new ReferenceStore({ now: () => 0 })
  describeConformance({ describe: (_, body) => body(), it: (name, body) => bodies.push([name, body]) }, { open })
  for (const [name, body] of bodies) {
    const run = body as (context: { skip(reason: string): void }) => Promise<void>
    const [id = ''] = name.split(':')
    await run({ skip: (reason) => void told.push(`${id} skipped: ${reason}`) }).catch(() => told.push(`${id} failed`))
  }
  expect(told[0]).toBe('harness/hands-on-the-clock failed')
  const reason = 'the harness is wrong, see harness/hands-on-the-clock: nothing else is run'
  const rest = bodies.map(([name]) => name.split(':')[0]).filter((id) => !id?.startsWith('harness/'))
  expect(told.slice(1)).toEqual(rest.map((id) => `${id} skipped: ${reason}`))
})

/** Arrays, objects and dates as a store gives them whose code runs in another realm than the suite, as under jest. */
class Foreign extends ReferenceStore {
  static readonly #realm = runInNewContext('({ Array, Object, Date })')
  protected override copy<T>(value: T): T {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return Foreign.#realm.Array.from(value, (each: unknown) => this.copy(each))
    const entries = Object.entries(value).map(([name, each]) => [name, this.copy(each)])
    return Foreign.#realm.Object.fromEntries(entries)
  }
  protected override session(id: string, row: Row) {
    const session = super.session(id, row)
    return { ...session, createdAt: new Foreign.#realm.Date(session.createdAt.getTime()) }
  }
  override async listByIdentity(ref: IdentityRef, options?: ListOptions) {
    return Foreign.#realm.Array.from(await super.listByIdentity(ref, options))
  }
}

test('values of another realm are no difference', async () => {
  const report = await runConformance(referenceHarness(Foreign))
  expect(report.cases.filter(({ status }) => status === 'failed')).toEqual([])
})

test('what differs beside the realm is still a difference', async () => {
  class Lossy extends Foreign {
    protected override copy<T>(value: T): T {
      const copy = super.copy(value)
      return Array.isArray(copy) ? (copy.slice(1) as T) : copy
    }
  }
  const { status } = await outcomeOf('save/by-hand-keeps-every-field', referenceHarness(Lossy))
  expect(status).toBe('failed')
})
