import type { EventEmitter } from 'node:events'
import type { Told } from './session-writer.ts'

/** Emits events; a listener that throws spoils no answer to the framework. */
export function tellOf(emitter: EventEmitter): Told {
  return (event, error) => {
    try {
      emitter.emit(event, error)
    } catch (thrown) {
      process.nextTick(() => {
        throw thrown
      })
    }
  }
}
