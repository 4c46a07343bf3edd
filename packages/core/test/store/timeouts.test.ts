import { once } from 'node:events'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Timeouts, withinTime } from '../../src/store/timeouts.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const late = () => new Error('late')
const never = new Promise<never>(() => {})

afterEach(() => {
  vi.useRealTimers()
})

describe('a time-out', () => {
  it('comes after 7/8 to 8/8 of the time, and once', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const timeouts = new Timeouts(800)
    const outcome = withinTime(timeouts, never, late).catch((error: Error) => error.message)
    vi.advanceTimersByTime(700)
    await turn()
    expect(await Promise.race([outcome, 'waiting'])).toBe('waiting')
    vi.advanceTimersByTime(100)
    await turn()
    expect(await outcome).toBe('late')
    vi.advanceTimersByTime(100)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('comes for each of many that began at different times, in that order', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const timeouts = new Timeouts(800)
    const order: string[] = []
    const wait = (name: string, since?: number) =>
      withinTime(timeouts, never, late, since).catch(() => void order.push(name))
    void wait('first')
    vi.advanceTimersByTime(300)
    void wait('third')
    // It began before it came here: a step of a call that has used up some of its time.
    void wait('second', timeouts.tick - 2)
    for (let tick = 0; tick < 11; tick += 1) {
      vi.advanceTimersByTime(100)
      await turn()
    }
    expect(order).toEqual(['first', 'second', 'third'])
  })

  it('comes with the next tick for what has no time left', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const timeouts = new Timeouts(800)
    void withinTime(timeouts, never, late).catch(late)
    vi.advanceTimersByTime(700)
    const outcome = withinTime(timeouts, never, late, timeouts.tick - 30).catch((error: Error) => error.message)
    vi.advanceTimersByTime(100)
    await turn()
    expect(await outcome).toBe('late')
  })

  it('may be longer than what a timer takes', async () => {
    const timeouts = new Timeouts(2 ** 40)
    expect(await withinTime(timeouts, Promise.resolve('in time'), late)).toBe('in time')
  })

  it('does not come where the process was paused and the answer lies in its socket', async () => {
    const go = new Int32Array(new SharedArrayBuffer(4))
    const server = new Worker(
      `const { parentPort, workerData: go } = require('node:worker_threads')
       require('node:net').createServer((socket) => {
         Atomics.wait(go, 0, 0)
         socket.end('answer')
       }).listen(0, '127.0.0.1', function () { parentPort.postMessage(this.address().port) })`,
      { eval: true, workerData: go },
    )
    const [port] = (await once(server, 'message')) as [number]
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const timeouts = new Timeouts(80)
    const answer = once(socket, 'data').then(([bytes]) => String(bytes))
    const began = timeouts.tick
    const outcome = withinTime(timeouts, answer, late).catch((error: Error) => error.message)
    while (timeouts.tick < began + 7) await turn()
    Atomics.store(go, 0, 1)
    Atomics.notify(go, 0)
    // The whole process stands still, for longer than the time-out.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    expect(await outcome).toBe('answer')
    socket.destroy()
    await server.terminate()
  })
})
