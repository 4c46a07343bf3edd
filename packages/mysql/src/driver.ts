import { type DriverFault, Timeouts } from '@sess/core'
import { runAsync, type SqlCall, type SqlDriver, type SqlResult, type SqlWork } from '@sess/sql'
import type { Connection } from 'mysql2'
import { faultOf, isConnectionDone, isConnectionLost, mysqlError, toSessionError } from './errors.ts'
import { execute, type Limits, sendQuery } from './execute.ts'
import { type ConnectionSource, cutOff, type Used } from './pool.ts'
import { type Introduction, serverLimits } from './server-thread.ts'
import { type TimedStep, TimeLimit } from './time-limit.ts'
import { WriteGate } from './write-gate.ts'

export interface MysqlDriverOptions {
  readonly source: ConnectionSource
  /** The most milliseconds for one piece of work, with its wait for a connection. */
  readonly timeoutMs: number
}

/** A migration waits for those of other processes, and rewrites tables. */
const exclusiveLimitMs = 60_000

/** One piece of work on one connection. */
class Turn implements Used, TimedStep {
  readonly connection: Connection
  readonly introduction: Introduction
  readonly limit: TimeLimit
  /** Whether a statement was sent that may take effect. */
  hasWritten = false
  /** Set when the time has run out: to be called if the connection answers after all. */
  answered: (() => Promise<boolean>) | null = null
  readonly #used: Used
  readonly #kind: 'read' | 'write'
  readonly #reject: (error: unknown) => void
  readonly #endAtServer: (used: Used, onEnded: () => void) => () => Promise<boolean>

  constructor(
    used: Used,
    kind: 'read' | 'write',
    limit: TimeLimit,
    reject: (error: unknown) => void,
    endAtServer: (used: Used, onEnded: () => void) => () => Promise<boolean>,
  ) {
    this.connection = used.connection
    this.introduction = used.introduction
    this.limit = limit
    this.#used = used
    this.#kind = kind
    this.#reject = reject
    this.#endAtServer = endAtServer
  }

  onLate(): void {
    if (this.#kind === 'read' && !this.hasWritten) this.#reject(this.limit.error())
    this.answered = this.#endAtServer(this.#used, () => this.#reject(this.limit.error()))
  }
}

/**
 * The SQL port on mysql2. A statement without an answer in time is ended at the server before its connection is used again. A
 * write settles only when it is known that it took effect or never will.
 */
export class MysqlDriver implements SqlDriver {
  readonly #source: ConnectionSource
  readonly #timeoutMs: number
  readonly #timeouts: Timeouts
  readonly #exclusiveTimeouts = new Timeouts(exclusiveLimitMs)
  readonly #writeGate: WriteGate
  /** The errors of work that has no time left for another try. */
  readonly #outOfTime = new WeakSet<object>()
  #limits: Limits = { maxPacketBytes: Number.POSITIVE_INFINITY }
  #autocommit = true
  readonly toSessionError = toSessionError

  constructor({ source, timeoutMs }: MysqlDriverOptions) {
    this.#source = source
    this.#timeoutMs = timeoutMs
    this.#timeouts = new Timeouts(timeoutMs)
    this.#writeGate = new WriteGate(source.max)
  }

  /** A wait for a lock that the server ended is worth another try if the work has time left. */
  fault(error: unknown): DriverFault | undefined {
    const fault = faultOf(error)
    if (fault === undefined || this.#outOfTime.has(error as object)) return fault === 'conflict' ? 'late' : fault
    return fault === 'late' && (error as { errno?: unknown }).errno === lockWaitTimeout ? 'conflict' : fault
  }

  async open(): Promise<void> {
    await this.#use('read', ({ introduction: { database, variables } }) => {
      if (database === null) throw mysqlError(1046, 'ER_NO_DB_ERROR', 'the connection has no database')
      this.#limits = { maxPacketBytes: Number(variables.get('max_allowed_packet')) }
      this.#autocommit = this.#source.isOwn || variables.get('autocommit') === 'ON'
      return Promise.resolve()
    })
  }

  run<T>(work: () => SqlWork<T>): Promise<T> {
    const steps = work()
    const first = steps.next()
    if (first.done) return Promise.resolve(first.value)
    let isBegun = false
    return this.#use(isRead(first.value) ? 'read' : 'write', (turn) => {
      const carryOut = () => {
        if (isBegun) return this.#carryOut(turn, work())
        isBegun = true
        return this.#carryOut(turn, steps, first)
      }
      // Without autocommit, a statement opens a transaction that nobody would end.
      return this.#autocommit ? carryOut() : this.#inTransaction(turn, carryOut)
    })
  }

  transaction<T>(work: () => SqlWork<T>): Promise<T> {
    return this.#use('write', (turn) => this.#inTransaction(turn, () => this.#carryOut(turn, work())))
  }

  async #inTransaction<T>({ connection, limit }: Turn, carryOut: () => Promise<T>): Promise<T> {
    // Gap locks (on keys that do not exist) would make writers of different keys deadlock.
    if (!this.#source.isOwn) await sendQuery(connection, 'set transaction isolation level read committed')
    await sendQuery(connection, 'start transaction')
    try {
      const result = await carryOut()
      if (limit.isLate) throw limit.error()
      await sendQuery(connection, commit)
      return result
    } catch (error) {
      if (!isConnectionDone(error)) await sendQuery(connection, rollback).catch(() => cutOff(connection))
      throw error
    }
  }

  /** Holds a named lock, as DDL commits by itself. The lock is of this database only, and ends with the connection. */
  exclusive<T>(work: () => SqlWork<T>): Promise<T> {
    const underLock = async (turn: Turn) => {
      const { connection } = turn
      const [answer] = await sendQuery(connection, lock)
      if (Number(answer?.[0]) !== 1) throw mysqlError(1205, 'ER_LOCK_WAIT_TIMEOUT', 'another process is migrating')
      try {
        return await this.#carryOut(turn, work())
      } finally {
        await sendQuery(connection, unlock)
        if (!this.#autocommit) await sendQuery(connection, commit)
      }
    }
    return this.#use('write', (turn) => this.#withTime(turn, exclusiveLimitMs, () => underLock(turn)), {
      timeouts: this.#exclusiveTimeouts,
      limitMs: exclusiveLimitMs,
    })
  }

  async ping(): Promise<void> {
    await this.#use('read', ({ connection }) => sendQuery(connection, 'do 0'))
  }

  close(): Promise<void> {
    return this.#source.end()
  }

  /** Raises the server's limits of an own connection while `run` runs. */
  async #withTime<T>({ connection, introduction }: Turn, limitMs: number, run: () => Promise<T>): Promise<T> {
    if (!this.#source.isOwn) return run()
    await sendQuery(connection, serverLimits(introduction, limitMs))
    try {
      return await run()
    } finally {
      await sendQuery(connection, serverLimits(introduction, this.#timeoutMs))
    }
  }

  #carryOut<T>(turn: Turn, steps: SqlWork<T>, first?: IteratorResult<SqlCall, T>): Promise<T> {
    const send = async (call: SqlCall): Promise<SqlResult> => {
      if (turn.limit.isLate) throw turn.limit.error()
      if (!isSelect(call)) turn.hasWritten = true
      return execute(turn.connection, call, this.#limits)
    }
    return runAsync(steps, send, first)
  }

  /** Runs work on a connection, within the time limit. If the connection is lost before a write was sent, runs it again on another one. */
  async #use<T>(
    kind: 'read' | 'write',
    work: (turn: Turn) => Promise<T>,
    { timeouts, limitMs } = { timeouts: this.#timeouts, limitMs: this.#timeoutMs },
  ): Promise<T> {
    const limit = new TimeLimit(timeouts, limitMs)
    const began = timeouts.tick
    const isGated = kind === 'write' && Number.isFinite(this.#source.max)
    if (isGated) await this.#writeGate.enter(limit)
    try {
      return await this.#once(kind, limit, work).catch(async (error) => {
        if (limit.isLate || !(error instanceof Unwritten)) throw error
        // Other connections may have ended too. Their pool hears of it in the next turn of the event loop.
        await new Promise(setImmediate)
        await new Promise(setImmediate)
        if (limit.isLate) throw error
        this.#source.refresh()
        return this.#once(kind, limit, work)
      })
    } catch (error) {
      const cause = error instanceof Unwritten ? error.cause : error
      const hasWaited = timeouts.tick - began >= halfOfTheTicks && faultOf(cause) === 'late'
      if (limit.isLate || hasWaited) this.#outOfTime.add(cause as object)
      throw cause
    } finally {
      limit.leave()
      if (isGated) this.#writeGate.leave()
    }
  }

  /** Settles with the work, or when the server has ended it. A read also settles when it is late. */
  async #once<T>(kind: 'read' | 'write', limit: TimeLimit, work: (turn: Turn) => Promise<T>): Promise<T> {
    const used = await this.#source.acquire(limit)
    return new Promise((resolve, reject) => {
      const turn = new Turn(used, kind, limit, reject, this.#endAtServer)
      limit.step = turn
      const giveBack = () => {
        if (turn.answered === null) this.#source.release(used)
        else void this.#releaseEnded(used, turn.answered())
      }
      const fail = (error: unknown) => {
        if (isConnectionLost(error)) {
          if (!turn.hasWritten) reject(new Unwritten(error))
          if (turn.answered === null) this.#endAtServer(used, () => reject(error))
          return
        }
        if (isConnectionDone(error)) this.#source.drop(used)
        else giveBack()
        reject(limit.isLate ? limit.error() : error)
      }
      work(turn).then((result) => {
        giveBack()
        resolve(result)
      }, fail)
    })
  }

  /** Ends a connection's statement at the server. `onEnded` is called when the connection's place is free and nothing sent on it can take effect. */
  readonly #endAtServer = (used: Used, onEnded: () => void): (() => Promise<boolean>) =>
    this.#source.killer.end({
      thread: used.introduction.thread,
      onGone: () => {
        this.#source.drop(used)
        onEnded()
      },
      onHopeless: () => this.#source.drop(used),
    })

  /** Gives back a connection after a KILL QUERY, which may still hit its next statement. */
  async #releaseEnded(used: Used, isClear: Promise<boolean>): Promise<void> {
    if (!(await isClear)) return this.#source.drop(used)
    const limit = new TimeLimit(this.#timeouts, this.#timeoutMs)
    limit.step = { onLate: () => this.#source.drop(used) }
    await sendQuery(used.connection, 'do 0').catch(() => {})
    limit.leave()
    this.#source.release(used)
  }
}

/** The error of a connection that was lost before a write was sent. */
class Unwritten {
  readonly cause: unknown

  constructor(cause: unknown) {
    this.cause = cause
  }
}

const halfOfTheTicks = 4
const lockWaitTimeout = 1205
/** Whatever `completion_type` says. */
const commit = 'commit and no chain no release'
const rollback = 'rollback and no chain no release'
/** MySQL 9 has no MD5 or SHA1 any more, and the name of a lock has 64 characters at most. */
const lockName = `concat('sess:', left(sha2(database(), 256), 40))`
const lock = `select get_lock(${lockName}, ${exclusiveLimitMs / 1000 - 10})`
const unlock = `select release_lock(${lockName})`

/** Whether a call changes nothing. */
function isSelect({ statement }: SqlCall): boolean {
  return /^\s*select\b/i.test(statement.text)
}

/** Whether a call changes nothing and waits for no lock of a row. */
function isRead(call: SqlCall): boolean {
  return isSelect(call) && !/\bfor update\b/i.test(call.statement.text)
}
