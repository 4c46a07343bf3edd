import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSkipped, type SingleName, shared, sourceImports } from '@sess/testkit'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { parseCommandLine } from '../src/command-line.ts'
import type { LoadCalls } from '../src/http/messages.ts'
import { HttpProcess } from '../src/http/process.ts'
import { httpReport } from '../src/http/report.ts'
import { type HttpPlan, type HttpResult, httpMinutes, httpRatio, usualHttpPlan } from '../src/http/results.ts'
import { measureHttp } from '../src/http/run-http.ts'
import { httpSubjects } from '../src/http/stores.ts'
import { resultText } from '../src/report/result-files.ts'
import { type BackendName, backendNames, backends } from '../src/subjects/backends.ts'

const folder = mkdtempSync(join(tmpdir(), 'sess-http-bench-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The processes run from the packages' source, as this one does. */
const fromSource = ['--import', sourceImports]

const serverOf = (backend: BackendName) => backends[backend].server as SingleName | null
const measured = backendNames.filter((name) => !isSkipped(serverOf(name) ?? ('' as SingleName)))
const glance = { ...usualHttpPlan, rounds: 1, seconds: 0.05, warmUpSeconds: 0.02, connections: 4, sessions: 9 }

async function measure(backend: BackendName): Promise<HttpResult> {
  const server = serverOf(backend)
  const url = server === null ? '' : (await shared(server)).url
  const plan = { ...glance, backends: [backend], isKept: false }
  return measureHttp(backend, plan, {
    storage: { url, folder, version: null },
    say: () => {},
    execArgv: fromSource,
  })
}

describe('pnpm bench http', () => {
  it.each(measured)('measures each store on %s in both scenarios, and each answer is true', async (backend) => {
    const { cells } = await measure(backend)
    expect(cells.map(({ scenario }) => scenario)).toEqual(['change', 'read'])
    for (const { subjects } of cells) {
      expect(Object.keys(subjects)).toEqual(httpSubjects[backend].map(({ role }) => role))
      for (const subject of Object.values(subjects)) {
        expect(subject).toEqual({ rounds: [expect.objectContaining({ requestsPerSecond: expect.any(Number) })] })
        const [round] = 'rounds' in subject ? subject.rounds : []
        expect(round?.requestsPerSecond).toBeGreaterThan(0)
        expect(round?.cpuMicroseconds).toBeGreaterThan(0)
        expect(round?.p99Ms).toBeGreaterThanOrEqual(round?.p50Ms ?? Number.NaN)
      }
    }
  })

  it('refuses more connections than there are sessions', async () => {
    await using load = new HttpProcess<LoadCalls>('load', fromSource)
    await load.call('signIn', { role: 'sess', port: 0, sessions: 0 })
    const asked = { role: 'sess', scenario: 'read', connections: 1, seconds: 1 } as const
    await expect(load.call('measure', asked)).rejects.toThrow('1 connections, but 0 sessions')
  })

  it('refuses an application that answers without having saved', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': 1, 'set-cookie': 'sid=1; Path=/' }).end('0')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    await using load = new HttpProcess<LoadCalls>('load', fromSource)
    const { port } = server.address() as AddressInfo
    await load.call('signIn', { role: 'peer', port, sessions: 2 })
    const asked = { role: 'peer', connections: 2, seconds: 0.01 } as const
    await load.call('measure', { ...asked, scenario: 'read' })
    const changed = load.call('measure', { ...asked, scenario: 'change' })
    await expect(changed).rejects.toThrow('200 0 was answered, and 200 1 is true')
  })

  it('takes all engines, or those that are named, and keeps what was measured whole', () => {
    expect(parseCommandLine(['http'])).toEqual({ do: 'http', plan: { ...usualHttpPlan, backends: backendNames } })
    expect(parseCommandLine(['http', 'redis', 'memory', '--quick'])).toMatchObject({
      do: 'http',
      plan: { backends: ['memory', 'redis'], rounds: 1, isKept: false },
    })
    expect(() => parseCommandLine(['http', '--sessions', '63'])).toThrow('--sessions')
  })

  it('takes less than a quarter of an hour', () => {
    expect(httpMinutes({ ...usualHttpPlan, backends: backendNames })).toBeLessThan(15)
  })
})

const round = (requestsPerSecond: number) => ({ requestsPerSecond, p50Ms: 1, p99Ms: 2, cpuMicroseconds: 3 })
const known: HttpResult = {
  backend: 'redis',
  date: '2030-01-01T00:00:00.000Z',
  machine: { cpu: 'a CPU', cores: 2, memoryGib: 4, platform: 'linux x64', node: '24.0.0' },
  server: 'redis7 7',
  ...({ ...glance, rounds: 3 } satisfies Omit<HttpPlan, 'backends'>),
  subjects: [
    { role: 'sess', name: 'ours', versions: { ours: '1' }, configuration: 'as it is' },
    { role: 'peer', name: 'theirs', versions: {}, configuration: 'as it is' },
  ],
  cells: [
    {
      scenario: 'change',
      subjects: {
        sess: { rounds: [round(90), round(200), round(96)] },
        peer: { rounds: [round(100), round(100), round(100)] },
      },
    },
    {
      scenario: 'read',
      subjects: { sess: { refused: 'it was not true' }, peer: { rounds: [round(1), round(1), round(1)] } },
    },
  ],
}

describe('the report of pnpm bench http', () => {
  it('takes the ratio round by round, and says whether the target is reached', () => {
    expect(httpRatio(known.cells[0] as never, 'sess')).toEqual({ median: 0.96, min: 0.9, max: 2 })
    expect(httpReport(known)).toMatch(/ours +0\.96 \(0\.9-2\) +reached: 0\.95 +96 /)
  })

  it('names what was refused, and why', () => {
    expect(httpReport(known)).toMatch(/ours +refused/)
    expect(httpReport(known)).toContain('- sess, read: it was not true')
    expect(httpRatio(known.cells[1] as never, 'sess')).toBeNull()
  })

  it('is kept with one measurement a line', () => {
    const lines = resultText(known).split('\n')
    expect(lines.filter((line) => line.includes('requestsPerSecond'))).toHaveLength(9)
  })
})
