import { publishOperation } from '../published-store.ts'
import { ReferenceStore } from '../reference-store.ts'
import { brokenTraces as broken } from './broken-store.ts'

/** What the tracing channel tells. */
export const brokenTraces = [
  broken(
    'the tracing channel carries results and errors',
    (channel, operation, call) => channel.tracePromise(async () => await call(), { store: 'reference', operation }),
    { 'tracing/tells-no-secret': /the \w+ message of \w+ (shows|has)/, 'tracing/tells-each-operation-whole': /./ },
  ),
  broken(
    'the tracing channel carries the arguments',
    (channel, operation, call, args) => {
      channel.start.publish({ store: 'reference', operation, args } as never)
      channel.end.publish({ store: 'reference', operation })
      return call()
    },
    {
      'tracing/tells-no-secret': /the start message of \w+ shows the id/,
      'tracing/tells-each-operation-whole': /each exists that has a start has an asyncStart/,
    },
  ),
  broken(
    'the tracing channel tells the words of an error',
    async (channel, operation, call) => {
      const trace = { store: 'reference', operation, outcome: 'ok' }
      channel.start.publish(trace)
      channel.end.publish(trace)
      try {
        return await call()
      } catch (error) {
        trace.outcome = (error as Error).message
        channel.error.publish(trace)
        throw error
      } finally {
        channel.asyncStart.publish({ ...trace })
        channel.asyncEnd.publish({ ...trace })
      }
    },
    { 'tracing/tells-no-secret': /shows data/, 'tracing/tells-each-operation-whole': /an end tells how long it took/ },
  ),
  broken(
    'an operation that is refused never ends',
    async (channel, operation, call, args) => {
      if (typeof args[0] !== 'symbol') return await publishOperation(channel, operation, call, args)
      channel.start.publish({ store: 'reference', operation })
      channel.end.publish({ store: 'reference', operation })
      return await call()
    },
    { 'tracing/tells-each-operation-whole': /each load that has a start has an asyncStart/ },
  ),
  broken(
    'an operation that is refused is told as one that went well',
    async (channel, operation, call, args) => {
      const outcome = (async () => await call())()
      const isRefused = await outcome.then(
        () => false,
        (error: unknown) => error instanceof TypeError,
      )
      await publishOperation(channel, operation, () => (isRefused ? undefined : outcome), args)
      return await outcome
    },
    { 'tracing/tells-each-operation-whole': /that is refused is told as ok/ },
  ),
  broken(
    'a loop over entries tells of each of its pages',
    publishOperation,
    { 'tracing/tells-entries-as-one-operation': /and nothing else/ },
    class extends ReferenceStore {
      override async *entries() {
        await this.count()
        return yield* super.entries()
      }
    },
  ),
]
