import { SessionError, Timeouts, withinTime } from '@sess/core'
import type { Connect, Connection } from './connection.ts'
import { connectionClosed, isLost, noAnswer } from './errors.ts'
import type { Leases, Returned, Taker } from './leases.ts'
import { Takers } from './takers.ts'
import type { Target } from './target.ts'

export interface OwnPoolOptions {
  readonly connect: () => Promise<Connect>
  /** One for each host. If one fails, the next is tried. */
  readonly targets: () => readonly Target[]
  /** Called when a target refuses. Returns true if the targets have changed, so that another try makes sense at once. */
  readonly canAdapt: (error: unknown, target: Target) => boolean
  readonly max: number
  readonly timeoutMs: number
  /** How long a connection may live, and be idle. */
  readonly maxLifetimeMs: number
  readonly idleTimeoutMs: number
  /** Called with each new connection before anybody has it. */
  readonly setUp: (connection: Connection) => Promise<void>
}

interface Place {
  readonly openedAt: number
  readonly era: number
  idleSince: number
  /** Set when it says goodbye to the server. */
  leaving: NodeJS.Timeout | null
}

/** How long the server has to close a connection after the goodbye. */
const leaveMs = 1_000

/**
 * The store's own connections, at most `max` at the server. A connection keeps its place until the server has closed it.
 * Writes that wait for locks never take all connections.
 */
export class OwnPool implements Leases {
  readonly #options: OwnPoolOptions
  readonly #timeouts: Timeouts
  readonly #places = new Map<Connection, Place>()
  /** The connections that are being opened, and how many there are of them. */
  readonly #unready = new Set<Connection>()
  #opening = 0
  /** The last one to come back is the first to be lent. */
  #idle: Connection[] = []
  readonly #takers: Takers
  /** Which host is tried next. */
  #at = 0
  /** How often the pool has left a server that was the wrong one. No connection that was begun before is lent again. */
  #era = 0
  /** How many in a row broke while they were being opened. */
  #broken = 0
  #isClosed = false
  #whenEmpty: (() => void) | null = null
  readonly #ageing: NodeJS.Timeout | null = null

  constructor(options: OwnPoolOptions) {
    const { max, timeoutMs, maxLifetimeMs, idleTimeoutMs } = options
    this.#options = options
    this.#timeouts = new Timeouts(timeoutMs)
    this.#takers = new Takers(max)
    const shortest = Math.min(maxLifetimeMs, idleTimeoutMs)
    if (shortest !== Number.POSITIVE_INFINITY) {
      this.#ageing = setInterval(() => this.#dismissOld(), Math.min(Math.max(shortest / 4, 250), 60_000)).unref()
    }
  }

  take(taker: Taker): void {
    if (this.#isClosed) taker.refuse(closed())
    else if (this.#idle.length > 0 && this.#takers.startNow(taker)) taker.use(this.#idle.pop() as Connection)
    else {
      this.#takers.add(taker)
      this.#openForWaiting()
    }
  }

  forget(taker: Taker): void {
    this.#takers.forget(taker)
  }

  giveBack(taker: Taker, connection: Connection, returned: Returned): void {
    this.#takers.ended(taker)
    const place = this.#places.get(connection)
    const isCurrent = place === undefined || place.era === this.#era
    if (returned === 'usable' && place !== undefined && isCurrent && !this.#isClosed) {
      this.#useAgain(connection)
      return
    }
    if (returned === 'misled' && isCurrent) {
      this.#at += 1
      this.#era += 1
    }
    // The other idle connections have most likely ended in the same way.
    if (returned !== 'usable' && isCurrent) for (const idle of this.#idle.splice(0)) this.#dismiss(idle)
    if (returned === 'dead') this.#drop(connection)
    else this.#dismiss(connection)
    this.#serve()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#ageing !== null) clearInterval(this.#ageing)
    this.#takers.refuseAll(closed())
    for (const idle of this.#idle.splice(0)) this.#dismiss(idle)
    // Nobody waits for an answer on the other connections any more.
    for (const connection of this.#unready) connection.destroy()
    for (const [connection, { leaving }] of this.#places) if (leaving === null) this.#drop(connection)
    if (this.#places.size === 0) return
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve
    })
  }

  #useAgain(connection: Connection): void {
    const next = this.#takers.next()
    if (next !== undefined) {
      next.use(connection)
      return
    }
    const place = this.#places.get(connection) as Place
    place.idleSince = performance.now()
    this.#idle.push(connection)
  }

  #serve(): void {
    while (this.#idle.length > 0) {
      const taker = this.#takers.next()
      if (taker === undefined) return
      taker.use(this.#idle.pop() as Connection)
    }
    this.#openForWaiting()
  }

  #openForWaiting(): void {
    if (this.#isClosed) return
    while (this.#opening < this.#takers.startable && this.#places.size + this.#opening < this.#options.max)
      void this.#open()
  }

  async #open(): Promise<void> {
    this.#opening += 1
    const era = this.#era
    try {
      const connection = await this.#opened()
      this.#opening -= 1
      this.#broken = 0
      this.#places.set(connection, { openedAt: performance.now(), era, idleSince: 0, leaving: null })
      if (era === this.#era) this.#useAgain(connection)
      else {
        this.#dismiss(connection)
        this.#serve()
      }
    } catch (error) {
      this.#opening -= 1
      // The event that broke all connections also broke those that were being opened, so another try makes sense.
      this.#broken = isLost(error) ? this.#broken + 1 : 0
      const taker = this.#broken % (this.#options.max + 1) === 0 ? this.#takers.next() : undefined
      if (taker !== undefined) {
        this.#takers.ended(taker)
        taker.refuse(error)
      }
      this.#serve()
    }
  }

  /** A connection to the first host that can be reached, from the one on that was right last. */
  async #opened(): Promise<Connection> {
    const { connect, targets, canAdapt } = this.#options
    const make = await connect()
    const from = this.#at
    let failure: unknown
    for (let tries = 0; tries < targets().length; tries += 1) {
      const at = (from + tries) % targets().length
      for (;;) {
        const target = targets()[at] as Target
        try {
          return await this.#openedAt(make, target)
        } catch (error) {
          failure = error
          if (!canAdapt(error, target)) break
        }
      }
      this.#at = at + 1
    }
    throw failure
  }

  async #openedAt(make: Connect, target: Target): Promise<Connection> {
    if (this.#isClosed) throw closed()
    const { timeoutMs, setUp } = this.#options
    let hasClosed = false
    const { connection, opened } = make(target, () => {
      hasClosed = true
      this.#forgetClosed(connection)
    })
    this.#unready.add(connection)
    try {
      const ready = opened.then(() => setUp(connection))
      await withinTime(this.#timeouts, ready, () => noAnswer(timeoutMs))
      if (hasClosed) throw connectionClosed()
      return connection
    } catch (error) {
      connection.destroy()
      throw error
    } finally {
      this.#unready.delete(connection)
    }
  }

  /** Says goodbye to the server on a connection. */
  #dismiss(connection: Connection): void {
    const place = this.#places.get(connection)
    if (place === undefined || place.leaving !== null) return
    place.leaving = setTimeout(() => this.#drop(connection), leaveMs).unref()
    connection.end()
  }

  #drop(connection: Connection): void {
    connection.destroy()
    this.#forgetClosed(connection)
  }

  #forgetClosed(connection: Connection): void {
    const place = this.#places.get(connection)
    if (place === undefined) return
    this.#places.delete(connection)
    if (place.leaving !== null) clearTimeout(place.leaving)
    this.#idle = this.#idle.filter((idle) => idle !== connection)
    if (this.#places.size === 0) this.#whenEmpty?.()
    this.#openForWaiting()
  }

  #dismissOld(): void {
    const now = performance.now()
    const { maxLifetimeMs, idleTimeoutMs } = this.#options
    for (const connection of [...this.#idle]) {
      const { openedAt, idleSince } = this.#places.get(connection) as Place
      if (now - openedAt < maxLifetimeMs && now - idleSince < idleTimeoutMs) continue
      this.#idle = this.#idle.filter((idle) => idle !== connection)
      this.#dismiss(connection)
    }
  }
}

function closed(): SessionError {
  return new SessionError('SESS_CLOSED', 'the store is closed')
}
