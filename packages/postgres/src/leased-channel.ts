import { Timeouts, type Waiting, withinTime } from '@sess/core'
import type { SqlCall, SqlResult } from '@sess/sql'
import { backendOf } from './backends.ts'
import type { Canceller } from './cancel.ts'
import type { Channel, Execute } from './channel.ts'
import { type Connection, command, select } from './connection.ts'
import { endsConnection, isFatal, isOfServer, noAnswer } from './errors.ts'
import { Fence } from './fence.ts'
import type { Leases, Returned, Taker } from './leases.ts'
import { Statement } from './statement.ts'

export interface LeasedChannelOptions {
  readonly timeoutMs: number
  /** How long an answer is waited for once a cancel request is under way. */
  readonly graceMs: number
  readonly canceller: Canceller
  /** Asks the server about other connections. Left out: over one of these. */
  readonly ask?: Execute
  /** Left out: one of its own. */
  readonly fence?: Fence
}

/** Sends each statement on a connection of its own, so that it can be cancelled and its end is known. */
export class LeasedChannel implements Channel {
  readonly leases: Leases
  readonly timeoutMs: number
  readonly timeouts: Timeouts
  readonly graces: Timeouts
  readonly canceller: Canceller
  readonly fence: Fence
  readonly #ask: Execute

  constructor(leases: Leases, { timeoutMs, graceMs, canceller, ask, fence }: LeasedChannelOptions) {
    this.leases = leases
    this.timeoutMs = timeoutMs
    this.timeouts = new Timeouts(timeoutMs)
    this.graces = new Timeouts(graceMs)
    this.canceller = canceller
    this.#ask = ask ?? this.execute
    this.fence = fence ?? new Fence(this.#ask)
  }

  readonly execute = (call: SqlCall): Promise<SqlResult> =>
    new Promise((resolve, reject) => new Statement(this, call, resolve, reject).start())

  async transaction<T>(work: (execute: Execute) => Promise<T>): Promise<T> {
    if (this.fence.isUp) await this.fence.clear()
    const { taker, connection } = await this.#lease()
    let pid: number | null = null
    let returned: Returned = 'usable'
    const execute: Execute = async (call) => {
      try {
        return await this.#patiently(connection, call, pid)
      } catch (error) {
        if (!isOfServer(error)) this.fence.add(backendOf(connection))
        if (!isOfServer(error) || isFatal(error)) returned = 'dead'
        else if (endsConnection(error)) returned = 'misled'
        throw error
      }
    }
    try {
      await execute(command('begin isolation level read committed read write'))
      for (const setting of patience) await execute(command(`set local ${setting} = 0`))
      pid = Number((await execute(select('select pg_catalog.pg_backend_pid()'))).rows[0]?.[0])
      const result = await work(execute)
      await execute(command('commit'))
      return result
    } catch (error) {
      if (returned === 'usable') await execute(command('rollback')).catch(() => {})
      throw error
    } finally {
      this.leases.giveBack(taker, connection, returned)
    }
  }

  close(): Promise<void> {
    return this.leases.close()
  }

  #lease(): Promise<{ taker: Taker; connection: Connection }> {
    return new Promise((resolve, reject) => {
      const { leases, timeouts, timeoutMs } = this
      const waiting: Waiting = {
        since: 0,
        earlier: null,
        later: null,
        expire() {
          leases.forget(taker)
          reject(noAnswer(timeoutMs))
        },
      }
      const taker: Taker = {
        isWrite: true,
        use(connection) {
          timeouts.leave(waiting)
          resolve({ taker, connection })
        },
        refuse(error) {
          timeouts.leave(waiting)
          reject(error)
        },
      }
      timeouts.enter(waiting)
      leases.take(taker)
    })
  }

  /** Waits as long as the server is working on the statement. Another connection asks the server about that. */
  async #patiently(connection: Connection, call: SqlCall, pid: number | null): Promise<SqlResult> {
    const answer = connection.execute(call)
    const late = noAnswer(this.timeoutMs)
    for (;;) {
      try {
        return await withinTime(this.timeouts, answer, () => late)
      } catch (error) {
        if (error !== late) throw error
      }
      // The answer may be arriving just now, so it gets a little more time.
      if (pid === null || !(await this.#isWorking(pid))) return withinTime(this.graces, answer, () => late)
    }
  }

  async #isWorking(pid: number): Promise<boolean> {
    const { rows } = await this.#ask(select(isActive, [pid])).catch(() => ({ rows: [] }))
    return rows.length > 0
  }
}

/** The settings that could end a long migration. */
const patience = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']

const isActive = `select 1 from pg_catalog.pg_stat_activity where pid = $1::int and state = 'active'`
