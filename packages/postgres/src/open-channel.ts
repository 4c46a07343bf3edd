import { meet } from './backends.ts'
import { Canceller } from './cancel.ts'
import type { Channel } from './channel.ts'
import type { Connect, Connection } from './connection.ts'
import { isRefusedParameter, isTlsMissing, readOnlyServer } from './errors.ts'
import { LeasedChannel, type LeasedChannelOptions } from './leased-channel.ts'
import type { Libraries } from './libraries.ts'
import { OwnPool, type OwnPoolOptions } from './own-pool.ts'
import type { PgPool } from './pg.ts'
import { PgLeases } from './pg-leases.ts'
import { connectLike, type PostgresJsClient } from './postgres-js.ts'
import { SharedChannel } from './shared-channel.ts'
import type { Target } from './target.ts'
import { targetsOfClient } from './target-of-client.ts'
import type { ConnectionUrl } from './url.ts'

export interface ChannelOptions {
  readonly libraries: Libraries
  readonly timeoutMs: number
  readonly prepare: boolean
}

/** How long an answer is waited for after a cancel request: usually it comes within milliseconds. */
const graceOf = (timeoutMs: number) => Math.min(timeoutMs, 2_000)

/** Over connections of the store's own. */
export function channelTo(url: ConnectionUrl, { libraries, timeoutMs, prepare }: ChannelOptions, max: number): Channel {
  let hasLimits = true
  let hasTls = true
  return leasedChannel(timeoutMs, {
    connect: libraries.connect,
    targets: () =>
      url.targets.map((target) => ({
        ...target,
        prepare,
        parameters: hasLimits ? { ...limits(timeoutMs), ...target.parameters } : target.parameters,
        tls: hasTls ? target.tls : null,
      })),
    canAdapt(error, target) {
      if (hasLimits && isRefusedParameter(error)) hasLimits = false
      else if (hasTls && target.tls?.isOptional && isTlsMissing(error)) hasTls = false
      else return false
      return true
    },
    max,
    maxLifetimeMs: url.maxLifetimeMs,
    idleTimeoutMs: url.idleTimeoutMs,
    async setUp(connection) {
      const { isReadOnly } = await meet(connection)
      if (isReadOnly && url.writable) throw readOnlyServer()
    },
  })
}

/**
 * The server's own limits, a little below `timeoutMs`: when a caller is told of a time-out, the server has already ended the
 * statement, and the connection is free. They are parameters of the connection and no SET: a pooler would hand a setting on
 * to other clients, but refuses a parameter that it does not take.
 */
function limits(timeoutMs: number): Record<string, string> {
  const ms = (share: number) => String(Math.max(1, Math.min(Math.floor(timeoutMs * share), 2 ** 31 - 1)))
  return { statement_timeout: ms(0.8), lock_timeout: ms(0.75) }
}

/** Over a pool of `pg` that was handed in. */
export function channelOver(pool: PgPool, { timeoutMs, prepare }: ChannelOptions): Channel {
  const canceller = new Canceller(graceOf(timeoutMs))
  return new LeasedChannel(new PgLeases(pool as never, prepare, timeoutMs), {
    timeoutMs,
    graceMs: graceOf(timeoutMs),
    canceller,
  })
}

/** Over a client of postgres.js that was handed in. */
export function channelThrough(client: PostgresJsClient, options: ChannelOptions): Channel {
  const { timeoutMs, prepare } = options
  const own = (max: number, asking: Asking = {}) => channelLike(client, options, max, asking)
  // Such a function changes every row before the store sees it. So connections without it are opened, with the same settings.
  if (client.options.transform.row.from !== undefined) return own(client.options.max)
  const canceller = new Canceller(graceOf(timeoutMs))
  return new SharedChannel({ client, prepare, timeoutMs, canceller, own: (asking) => own(1, asking) })
}

function channelLike(
  client: PostgresJsClient,
  { libraries, timeoutMs, prepare }: ChannelOptions,
  max: number,
  asking: Asking,
): Channel {
  const unused = { user: '', password: undefined, database: '', parameters: {}, channelBinding: false }
  const targets = targetsOfClient(client).map(
    (target): Target => ({ ...unused, ...target, prepare, keepAliveSeconds: 0 }),
  )
  const options = {
    connect: async (): Promise<Connect> => connectLike(await libraries.postgresJs(), client),
    targets: () => targets,
    canAdapt: () => false,
    max,
    maxLifetimeMs: Number.POSITIVE_INFINITY,
    idleTimeoutMs: Number.POSITIVE_INFINITY,
    async setUp(connection: Connection) {
      await meet(connection)
    },
  }
  return leasedChannel(timeoutMs, options, asking)
}

type Asking = Pick<LeasedChannelOptions, 'ask' | 'fence'>

function leasedChannel(timeoutMs: number, options: Omit<OwnPoolOptions, 'timeoutMs'>, asking: Asking = {}): Channel {
  const graceMs = graceOf(timeoutMs)
  const canceller = new Canceller(graceMs)
  return new LeasedChannel(new OwnPool({ ...options, timeoutMs }), { timeoutMs, graceMs, canceller, ...asking })
}
