import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { StoreClass } from './reference-harness.ts'
import type { ReferenceStore } from './reference-store.ts'

export interface Trace {
  readonly store: string
  readonly operation: string
  outcome?: string
  durationMs?: number
}

type Channel = TracingChannel<Trace, Trace>
/** Calls a method and tells of it. `args`: those of the caller. */
export type Publish = (channel: Channel, operation: string, call: () => unknown, args: readonly unknown[]) => unknown

const channel: Channel = tracingChannel<Trace, Trace>('sess:operation')
/** Every method that answers once. */
export const methods = [
  'create',
  'save',
  'load',
  'delete',
  'update',
  'touch',
  'rotate',
  'exists',
  'count',
  'cleanExpired',
  'listByIdentity',
  'deleteByIdentity',
  'deleteByHandle',
  'updateByIdentity',
  'deleteAll',
  'putState',
  'consumeState',
  'ping',
] as const

/** The class with each call of a method told on the tracing channel, while somebody listens there. */
export function published(Store: StoreClass, publish: Publish = publishOperation): StoreClass {
  class Published extends Store {
    override async *entries() {
      if (!channel.hasSubscribers) return yield* super.entries()
      const span = beginSpan('entries')
      try {
        yield* super.entries()
        return undefined
      } catch (error) {
        span.failed(error)
        throw error
      } finally {
        span.end()
      }
    }
  }
  for (const method of methods) {
    const own = Store.prototype[method] as (...args: readonly unknown[]) => unknown
    Object.defineProperty(Published.prototype, method, {
      value(this: ReferenceStore, ...args: readonly unknown[]) {
        const call = () => Reflect.apply(own, this, args)
        return channel.hasSubscribers ? publish(channel, method, call, args) : call()
      },
    })
  }
  return Published
}

function beginSpan(operation: string) {
  const trace: Trace = { store: 'reference', operation }
  channel.start.publish(trace)
  channel.end.publish(trace)
  return {
    failed(error: unknown) {
      const { code } = error as { code?: unknown }
      trace.outcome = /^(SESS|ERR)_/.test(String(code)) ? String(code) : 'error'
      channel.error.publish(trace)
    },
    end() {
      trace.outcome ??= 'ok'
      trace.durationMs = 0
      channel.asyncStart.publish(trace)
      channel.asyncEnd.publish(trace)
    },
  }
}

export const publishOperation: Publish = async (_channel, operation, call) => {
  const span = beginSpan(operation)
  try {
    return await call()
  } catch (error) {
    span.failed(error)
    throw error
  } finally {
    span.end()
  }
}
