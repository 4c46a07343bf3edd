import type { Waiting } from '@sess/core'
import type { SqlCall, SqlResult } from '@sess/sql'
import { backendOf } from './backends.ts'
import { type Connection, isRead } from './connection.ts'
import { endsConnection, faultOf, isFatal, isOfServer, noAnswer } from './errors.ts'
import type { LeasedChannel } from './leased-channel.ts'
import type { Returned, Taker } from './leases.ts'

/** How often a read is asked whose connection died before it answered. */
const readTries = 4

/**
 * One statement: it waits for a connection, is sent, and is answered. If it is late, it is cancelled, and the answer follows. If
 * its connection has gone silent, both are given up.
 */
export class Statement implements Taker, Waiting {
  readonly isWrite: boolean
  since = 0
  earlier: Waiting | null = null
  later: Waiting | null = null
  readonly #channel: LeasedChannel
  readonly #call: SqlCall
  readonly #resolve: (result: SqlResult) => void
  readonly #reject: (error: unknown) => void
  #connection: Connection | null = null
  #triesLeft = readTries
  /** Whether it was sent again after a server that takes no writes had refused it. */
  #hasMoved = false
  #isDone = false
  /** The wait for the answer after a cancel request. */
  #grace: Waiting | null = null

  constructor(
    channel: LeasedChannel,
    call: SqlCall,
    resolve: (result: SqlResult) => void,
    reject: (error: unknown) => void,
  ) {
    this.#channel = channel
    this.#call = call
    this.#resolve = resolve
    this.#reject = reject
    this.isWrite = !isRead(call)
  }

  start(): void {
    const { timeouts, fence, leases } = this.#channel
    timeouts.enter(this)
    if (!this.isWrite || !fence.isUp) leases.take(this)
    else {
      fence.clear().then(
        () => this.#isDone || leases.take(this),
        (error) => this.refuse(error),
      )
    }
  }

  use(connection: Connection): void {
    this.#connection = connection
    this.#triesLeft -= 1
    connection.execute(this.#call).then(
      (result) => this.#onAnswer(connection, result),
      (error) => this.#onError(connection, error),
    )
  }

  refuse(error: unknown): void {
    if (this.#isDone) return
    this.#finish()
    this.#reject(error)
  }

  /** The caller's time is over. */
  expire(): void {
    const { leases, graces, canceller, timeoutMs } = this.#channel
    const connection = this.#connection
    if (connection === null) {
      this.#isDone = true
      leases.forget(this)
      this.#reject(noAnswer(timeoutMs))
      return
    }
    this.#grace = { since: 0, earlier: null, later: null, expire: () => this.#giveUp(connection) }
    graces.enter(this.#grace)
    void canceller.cancel([connection.target], () => (this.#isDone ? null : connection.cancelKey))
  }

  #onAnswer(connection: Connection, result: SqlResult): void {
    if (this.#isDone) return
    const wasLate = this.#grace !== null
    this.#finish()
    this.#giveBack(connection, wasLate ? 'spent' : 'usable')
    this.#resolve(result)
  }

  #onError(connection: Connection, error: unknown): void {
    if (this.#isDone) return
    const isLost = !isOfServer(error) || isFatal(error)
    if (isLost && !this.isWrite && this.#grace === null && this.#triesLeft > 0) {
      this.#giveBack(connection, 'dead')
      this.#channel.leases.take(this)
      return
    }
    if (!this.#hasMoved && this.#grace === null && faultOf(error) === 'readOnly') {
      // Nothing was written. The host name may lead to another server by now.
      this.#hasMoved = true
      this.#giveBack(connection, 'misled')
      this.#channel.leases.take(this)
      return
    }
    const wasLate = this.#grace !== null
    this.#finish()
    this.#giveBack(connection, isLost ? 'dead' : wasLate ? 'spent' : returnedAfter(error))
    if (isLost && !isFatal(error)) this.#channel.fence.add(backendOf(connection))
    this.#reject(error)
  }

  /** Not even the cancel request had an answer. */
  #giveUp(connection: Connection): void {
    this.#isDone = true
    this.#giveBack(connection, 'dead')
    this.#channel.fence.add(backendOf(connection))
    this.#reject(noAnswer(this.#channel.timeoutMs))
  }

  #giveBack(connection: Connection, returned: Returned): void {
    this.#connection = null
    this.#channel.leases.giveBack(this, connection, returned)
  }

  #finish(): void {
    this.#isDone = true
    if (this.#grace === null) this.#channel.timeouts.leave(this)
    else this.#channel.graces.leave(this.#grace)
  }
}

function returnedAfter(error: unknown): Returned {
  return endsConnection(error) ? 'misled' : 'usable'
}
