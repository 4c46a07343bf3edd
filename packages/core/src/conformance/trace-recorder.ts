import { type TracingChannelSubscribers, tracingChannel } from 'node:diagnostics_channel'

const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const
export type TraceEvent = (typeof events)[number]

/** A message of the tracing channel, as it was when it was published. */
export interface TraceMessage {
  readonly event: TraceEvent
  readonly message: Readonly<Record<string, unknown>>
  /** The very object, which may be altered later. */
  readonly object: object
}

/** All that the tracing channel of stores, `sess:operation`, tells of while `action` runs. */
export async function recorded(action: () => Promise<void>): Promise<readonly TraceMessage[]> {
  const messages: TraceMessage[] = []
  const record = (event: TraceEvent) => (object: object) => {
    messages.push({ event, message: { ...object }, object })
  }
  const listeners = Object.fromEntries(events.map((event) => [event, record(event)]))
  const channel = tracingChannel('sess:operation')
  channel.subscribe(listeners as unknown as TracingChannelSubscribers<object>)
  try {
    await action()
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    channel.unsubscribe(listeners as unknown as TracingChannelSubscribers<object>)
  }
  return messages
}
