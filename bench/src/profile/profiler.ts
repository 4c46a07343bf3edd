import { type Profiler, Session } from 'node:inspector/promises'
import { onOneCpu } from './one-cpu.ts'

const intervalMicroseconds = 150

/**
 * What V8's CPU profiler sees of this process's main thread during some work. Its sampling thread interrupts the main one by
 * a signal: sent to another CPU of a virtual machine it may not arrive before the next system call, which then has the time
 * of all that came before. On one CPU it arrives at once.
 */
export function profileOf(work: () => Promise<unknown>): Promise<Profiler.Profile> {
  return onOneCpu(async () => {
    const session = new Session()
    session.connect()
    try {
      await session.post('Profiler.enable')
      await session.post('Profiler.setSamplingInterval', { interval: intervalMicroseconds })
      await session.post('Profiler.start')
      await work()
      const { profile } = await session.post('Profiler.stop')
      return profile
    } finally {
      session.disconnect()
    }
  })
}
