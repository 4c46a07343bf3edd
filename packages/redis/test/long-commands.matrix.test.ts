import { readFileSync } from 'node:fs'
import { isSkipped } from '@sess/testkit'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Connection } from '../src/connection.ts'
import { scripts } from '../src/scripts.ts'
import { closing, privateRedis } from './harness.ts'
import { ada, hourMs, open } from './opened.ts'

const many = 100_000
/** No command may take the server longer. */
const mostMs = 5
/** How many keys, arguments and answers a command may have. */
const mostParts = 1_200

/** An entry of SLOWLOG: its number, when the command ran, how many microseconds it took, and how it begins. */
type SlowlogEntry = [number: number, at: number, micros: number, command: string[]]

interface Command {
  readonly script: string
  readonly parts: number
  /** How long the server's process ran for it. */
  readonly ms: number
}

describe.skipIf(isSkipped('redis7') || process.platform !== 'linux')(`while one person has ${many} sessions`, () => {
  it(`no command takes more than ${mostMs} ms of the server's time`, { timeout: 900_000 }, async () => {
    const server = await privateRedis()
    const admin = closing(new Redis(server.url))
    const { store, advance } = await open({ url: server.url, maxPending: 10_000, timeoutMs: 120_000 })
    const create = async () => {
      for (let begun = 0; begun < many; begun += 500)
        await Promise.all(Array.from({ length: 500 }, () => store.create({ identity: ada, ttl: hourMs })))
    }
    const commands = oneByOne(server.pids[0] as number)
    await admin.config('SET', 'slowlog-max-len', '1000000')
    await admin.config('SET', 'slowlog-log-slower-than', '0')
    const figures: object[] = []
    const measure = async (call: string, run: () => Promise<unknown>) => {
      await admin.call('SLOWLOG', 'RESET')
      commands.splice(0)
      const result = await run()
      const slowlog = (await admin.call('SLOWLOG', 'GET', '-1')) as SlowlogEntry[]
      for (const [script, ofScript] of Map.groupBy(commands, (command) => command.script)) {
        const ms = ofScript.map((command) => command.ms).sort((a, b) => a - b)
        const at = (share: number) => Number((ms[Math.ceil(ms.length * share) - 1] ?? 0).toFixed(2))
        const passed = slowlog
          .filter(([, , , command]) => command.includes(script))
          .map(([, , micros]) => micros / 1_000)
        figures.push({
          call,
          command: nameOf(script),
          times: ms.length,
          parts: Math.max(...ofScript.map(({ parts }) => parts)),
          median: at(0.5),
          p99: at(0.99),
          longest: at(1),
          'longest in SLOWLOG': Math.max(...passed),
        })
        // A machine with other work makes some commands longer, by what it takes from the caches and from a virtual processor.
        expect(at(0.95), `${call}: ${nameOf(script)}`).toBeLessThan(mostMs)
      }
      expect(Math.max(...commands.map(({ parts }) => parts)), call).toBeLessThan(mostParts)
      return result
    }

    await measure('create', create)
    expect(await measure('list', () => store.listByIdentity(ada, { limit: many }))).toHaveLength(many)
    expect(await measure('count', () => store.count())).toBe(many)
    await measure('entries', async () => {
      for await (const _ of store.entries());
    })
    expect(await measure('sign out everywhere', () => store.deleteByIdentity(ada))).toBe(many)
    await create()
    advance(hourMs)
    expect(await measure('count, where all have expired', () => store.count())).toBe(0)
    expect(await measure('clean up', () => store.cleanExpired())).toBe(many)
    console.table(figures)
  })
})

function nameOf(sha: string): string {
  const [name = 'mget'] = Object.entries(scripts).find(([, script]) => script.sha === sha) ?? []
  return name
}

/**
 * Sends one command at a time until the test ends, and gives what the server's process ran for each. SLOWLOG tells the time
 * that passed, in which other processes may have had the processor.
 */
function oneByOne(pid: number): Command[] {
  const commands: Command[] = []
  let last: Promise<unknown> = Promise.resolve()
  const { run, mget } = Connection.prototype
  const inTurn = <T>(script: string, parts: number, send: () => Promise<T>): Promise<T> => {
    const turn = last.then(async () => {
      const before = ranMs(pid)
      const answer = await send()
      const answered = Array.isArray(answer) ? answer.flat().length : 1
      commands.push({ script, parts: Math.max(parts, answered), ms: ranMs(pid) - before })
      return answer
    })
    last = turn.catch(() => {})
    return turn
  }
  const spies = [
    vi.spyOn(Connection.prototype, 'run').mockImplementation(function (
      this: Connection,
      script,
      keys,
      args,
      map = (answer) => answer,
    ) {
      return inTurn(script.sha, keys.length + args.length, () => run.call(this, script, keys, args)).then(
        map,
      ) as Promise<never>
    }),
    vi.spyOn(Connection.prototype, 'mget').mockImplementation(function (this: Connection, keys, map) {
      return inTurn('mget', keys.length, () => mget.call(this, keys, map as never)) as Promise<never>
    }),
  ]
  onTestFinished(() => spies.forEach((spy) => void spy.mockRestore()))
  return commands
}

/** How long the main thread of a process has run. */
function ranMs(pid: number): number {
  const [nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')
  return Number(nanoseconds) / 1e6
}
