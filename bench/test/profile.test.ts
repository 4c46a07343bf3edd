import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fstatSync } from 'node:fs'
import type { Profiler } from 'node:inspector'
import { sourceImports } from '@sess/testkit'
import { describe, expect, it } from 'vitest'
import { apart, cpusOf, numbersOf } from '../src/profile/cpus.ts'
import { foldSmall, profileReport } from '../src/profile/profile-report.ts'
import type { ProfileResult } from '../src/profile/profile-results.ts'
import { profiledArgv } from '../src/profile/profile-workers.ts'
import { profileOf } from '../src/profile/profiler.ts'
import { roomOf } from '../src/profile/rooms.ts'
import { selfTimes, sharesOf } from '../src/profile/self-times.ts'
import { cpuSecondsOf, ticksIn } from '../src/profile/server-cpu.ts'
import { scaleReport } from '../src/scale/scale-report.ts'
import { WorkerProcess } from '../src/worker/worker-process.ts'
import { resultOf, scaleResult, subjectProfileOf } from './known-results.ts'

describe('the rooms of a profile', () => {
  it.each([
    ['file:///x/node_modules/.pnpm/ioredis@5.8.0/node_modules/ioredis/built/Redis.js sendCommand', 'ioredis'],
    ['file:///x/node_modules/.pnpm/@redis+client@1/node_modules/@redis/client/dist/lib/index.js get', '@redis/client'],
    ['file:///x/node_modules/@sess/core/dist/index.js load', '@sess/core'],
    ['file:///sess/packages/postgres/dist/index.js ', '@sess/postgres'],
    ['file:///sess/bench/src/worker/bench.ts step', 'the benchmark'],
    ['file:///sess/bench/src/profile/named-built-ins.ts parseJson', 'JSON.parse'],
    ['file:///sess/bench/src/profile/named-built-ins.ts stringifyJson > toJSON', 'JSON.stringify'],
    ['file:///sess/packages/sqlite/dist/index.js #execute > ', 'SQLite itself'],
    ['file:///sess/packages/sqlite/dist/index.js #execute > slice', '@sess/sqlite'],
    ['node:internal/crypto/hash hash > oneShotDigest', 'hashes, random bytes'],
    ['node:internal/stream_base_commons handleWriteReq > writeUtf8String', 'socket writes'],
    ['node:buffer toString > utf8Slice', 'Node.js: buffers'],
    ['node:inspector post', 'idle'],
    [' > (root) > (garbage collector)', 'garbage collector'],
    [' > (root)', 'the rest'],
  ])('%s is in %s', (place, room) => {
    expect(roomOf(place)).toBe(room)
  })

  const node = (id: number, functionName: string, url: string, children: number[] = []): Profiler.ProfileNode => ({
    id,
    callFrame: { functionName, url, scriptId: '0', lineNumber: 0, columnNumber: 0 },
    children,
  })
  // A child that stands before its caller: the order of the nodes means nothing.
  const profile: Profiler.Profile = {
    nodes: [
      node(1, '(root)', '', [2, 3]),
      node(4, 'slice', ''),
      node(2, '(idle)', ''),
      node(3, 'load', 'file:///sess/packages/core/dist/index.js', [4]),
    ],
    startTime: 0,
    endTime: 100,
    samples: [2, 3, 4, 3],
    timeDeltas: [50, 10, 20, 5],
  }

  it('have the time of their own samples, and what is built in counts for its caller', () => {
    expect(selfTimes(profile)).toEqual({ idle: 50, '@sess/core': 35 })
  })

  it('have shares of the time that is not idle', () => {
    expect(sharesOf({ idle: 90, one: 2, other: 8 })).toEqual({ one: 0.2, other: 0.8 })
  })

  it('are one row where they are small with every subject', () => {
    const rows = foldSmall([
      { core: 0.9, tiny: 0.004, less: 0.003 },
      { driver: 0.5, tiny: 0.002, core: 0.3 },
    ])
    expect(rows).toEqual([
      ['core', [0.9, 0.3]],
      ['driver', [0, 0.5]],
      ['small ones together', [0.007, 0.002]],
    ])
  })
})

describe('the CPU time of a server', () => {
  it('is read from behind the name of the program, whatever is in that', () => {
    const stat = '7 (a) b (c) S 1 7 7 0 -1 4194304 1 2 3 4 100 20 3 4 20 0 5 0'
    expect(ticksIn(stat)).toBe(127)
  })

  it.runIf(process.platform === 'linux')('grows with what a process does', async () => {
    const before = (await cpuSecondsOf([process.pid])) as number
    const start = process.cpuUsage()
    while (process.cpuUsage(start).user < 100_000) Math.random()
    expect((await cpuSecondsOf([process.pid])) as number).toBeGreaterThan(before + 0.05)
  })

  it('is not known of a server that was brought', async () => {
    expect(await cpuSecondsOf([])).toBeNull()
  })
})

describe('a profile', () => {
  it('of a real worker has JSON apart from those who call it', async () => {
    const place = { url: '', folder: '', namespace: randomUUID() }
    await using worker = await WorkerProcess.start({ backend: 'memory', role: 'raw', place }, [
      '--import',
      sourceImports,
      ...profiledArgv,
    ])
    await worker.call('populate', { size: 500, sessions: 8 })
    const shares = await worker.call('profile', { operation: 'mixed', size: 500, callers: 4, seconds: 0.3 })
    expect(shares['JSON.parse']).toBeGreaterThan(0.02)
    expect(shares['the benchmark']).toBeGreaterThan(0.02)
    expect(shares.idle).toBeUndefined()
    expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1)
  })

  it('does not count for a system call what was done before it', async () => {
    const text = JSON.stringify(
      Array.from({ length: 12 }, (_, index) => ({ sku: `SKU-${index}`, title: 'Enamel mug' })),
    )
    await using _ = await apart(process.pid, [])
    const { nodes } = await profileOf(async () => {
      for (const end = performance.now() + 300; performance.now() < end; ) {
        for (let times = 0; times < 100; times += 1) {
          fstatSync(0)
          JSON.parse(text)
        }
      }
    })
    const hits = (of: readonly Profiler.ProfileNode[]) => of.reduce((sum, { hitCount = 0 }) => sum + hitCount, 0)
    const inCall = hits(nodes.filter(({ callFrame }) => callFrame.functionName === 'fstat'))
    // In truth about a fifth.
    expect(inCall / hits(nodes)).toBeGreaterThan(0.02)
    expect(inCall / hits(nodes)).toBeLessThan(0.5)
  })

  it('is taken with the client on the first CPU and the server on the others, and leaves both as they were', async () => {
    using server = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
    const pid = server.pid as number
    const before = await cpusOf(pid)
    // Without taskset, or with one CPU, all stay where they are.
    const [first, ...others] = before ?? []
    const isDivided = others.length > 0
    {
      await using _ = await apart(process.pid, [pid])
      expect(await cpusOf(process.pid)).toEqual(isDivided ? [first] : before)
      expect(await cpusOf(pid)).toEqual(isDivided ? others : before)
    }
    expect(await cpusOf(process.pid)).toEqual(before)
    expect(await cpusOf(pid)).toEqual(before)
  })

  it('reads a list of CPUs with ranges', () => {
    expect(numbersOf(' 0,2-4,7\n')).toEqual([0, 2, 3, 4, 7])
  })

  const profiled = (serverMicroseconds: number | null): ProfileResult => {
    const { rounds, shares } = subjectProfileOf(10_000)
    const subject = { rounds: rounds.map((round) => ({ ...round, serverMicroseconds })), shares }
    const cells = [{ operation: 'load', size: 500, callers: 64, subjects: { sess: subject } }] as const
    return { ...resultOf('redis', []), server: 'redis7', cells: [...cells] }
  }

  it('is told in microseconds for one operation, with the server beside the client', () => {
    const text = profileReport(profiled(50))
    expect(text).toMatch(/^JSON\.parse +6 +75\.0%$/m)
    expect(text).toMatch(/^@sess\/core +2 +25\.0%$/m)
    expect(text).toMatch(/^= main thread +8$/m)
    expect(text).toMatch(/^\+ its other threads +2$/m)
    expect(text).toMatch(/^server +50$/m)
    expect(text).toMatch(/^cores: server +0\.5$/m)
  })

  it('at scale stands for the fewest sessions beside the most', () => {
    const text = scaleReport(scaleResult)
    expect(text).toMatch(/^save +1000000 +79 +1$/m)
    expect(text).toMatch(/^ +10000 sessions +1000000 sessions$/m)
    expect(text.match(/^JSON\.parse +6 +75\.0% +6 +75\.0%$/gm)).toHaveLength(2)
  })

  it('says where the server is not known', () => {
    const text = profileReport(profiled(null))
    expect(text).toMatch(/^server +-$/m)
    expect(text).toContain('is not known')
  })
})
