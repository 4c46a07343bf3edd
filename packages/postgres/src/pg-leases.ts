import { Timeouts, withinTime } from '@sess/core'
import type pg from 'pg'
import { meet } from './backends.ts'
import type { Connection } from './connection.ts'
import { noAnswer } from './errors.ts'
import type { Leases, Returned, Taker } from './leases.ts'
import { type PgClient, PgConnection } from './pg.ts'
import { Takers } from './takers.ts'
import type { Target } from './target.ts'
import { targetOfPool } from './target-of-client.ts'

type Release = (destroy?: boolean) => void

/** Connections of a pool of `pg` that was handed in, which stays open. */
export class PgLeases implements Leases {
  readonly #pool: pg.Pool
  readonly #target: Target
  readonly #takers: Takers
  readonly #timeouts: Timeouts
  readonly #late: () => Error
  /** How many connections the pool has been asked for. */
  #asked = 0
  readonly #connections = new WeakMap<PgClient, PgConnection>()
  readonly #releases = new Map<Connection, Release>()

  constructor(pool: pg.Pool, prepare: boolean, timeoutMs: number) {
    this.#pool = pool
    this.#timeouts = new Timeouts(timeoutMs)
    this.#late = () => noAnswer(timeoutMs)
    this.#target = targetOfPool(pool, prepare)
    this.#takers = new Takers(pool.options.max ?? 10)
    if (!heard.has(pool)) pool.on('error', ignore)
    heard.add(pool)
  }

  take(taker: Taker): void {
    this.#takers.add(taker)
    this.#ask()
  }

  forget(taker: Taker): void {
    this.#takers.forget(taker)
  }

  giveBack(taker: Taker, connection: Connection, returned: Returned): void {
    this.#takers.ended(taker)
    if (returned === 'misled') this.#leaveServer()
    this.#release(connection, returned)
    this.#ask()
  }

  async close(): Promise<void> {}

  #ask(): void {
    while (this.#asked < this.#takers.startable) {
      this.#asked += 1
      this.#pool.connect((error, client, release) => {
        if (error || client === undefined) {
          this.#asked -= 1
          this.#refuse(error)
        } else void this.#onClient(client as unknown as PgClient, release)
      })
    }
  }

  async #onClient(client: PgClient, release: Release): Promise<void> {
    let connection = this.#connections.get(client)
    if (connection === undefined) {
      connection = new PgConnection(client, this.#target)
      this.#connections.set(client, connection)
      this.#releases.set(connection, release)
      connection.watch()
      try {
        await withinTime(this.#timeouts, meet(connection), this.#late)
      } catch (error) {
        this.#asked -= 1
        this.#release(connection, 'dead')
        return this.#refuse(error)
      }
    } else {
      this.#releases.set(connection, release)
      connection.watch()
    }
    this.#asked -= 1
    const taker = this.#takers.next()
    if (taker === undefined) this.#release(connection, 'usable')
    else taker.use(connection)
  }

  #refuse(error: unknown): void {
    const taker = this.#takers.next()
    if (taker === undefined) return
    this.#takers.ended(taker)
    taker.refuse(error)
    this.#ask()
  }

  #release(connection: Connection, returned: Returned): void {
    const release = this.#releases.get(connection) as Release
    this.#releases.delete(connection)
    if (returned === 'dead') connection.destroy()
    release(returned !== 'usable')
    ;(connection as PgConnection).leave()
  }

  /** The pool's idle connections lead to the same server as the one that is to be left. */
  #leaveServer(): void {
    for (let idle = this.#pool.idleCount; idle > 0; idle -= 1) {
      this.#pool.connect((error, _client, release) => {
        if (!error) release(true)
      })
    }
  }
}

/** A pool tells of each idle connection that breaks, and where nobody hears it that ends the process. */
const heard = new WeakSet<pg.Pool>()

function ignore(): void {}
