import { isSkipped, shared } from '@sess/testkit'
import * as ioredis from 'ioredis'
import { Redis } from 'ioredis'
import * as redis from 'redis'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Call, ClientPort } from '../src/client/client-port.ts'
import { type Opener, sourceOfAddress } from '../src/client/client-source.ts'
import { openIoredis } from '../src/client/open-ioredis.ts'
import { openNodeRedis } from '../src/client/open-node-redis.ts'
import { slotOf } from '../src/client/slot.ts'
import { closing } from './harness.ts'

const openers: [string, (address: Parameters<Opener>[0], timeoutMs: number) => ClientPort][] = [
  ['ioredis', (address, timeoutMs) => openIoredis(ioredis, address, timeoutMs)],
  ['node-redis', (address, timeoutMs) => openNodeRedis(redis, address, timeoutMs)],
]

/** A call that counts up `key`, and what became of it. */
function counting(key: string, mayBeWritten: () => boolean): { call: Call; answered: Promise<unknown> } {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const call: Call = {
    command: 'eval',
    args: ["return redis.call('INCR', KEYS[1])", '1', key],
    key,
    since: 0,
    earlier: null,
    later: null,
    isWritten: false,
    socket: null,
    mayBeWritten,
    answer: resolve,
    fail: reject,
    expire() {},
  }
  return { call, answered: promise }
}

describe.skipIf(isSkipped('redis7'))('a call', () => {
  it.each(openers)(
    'whose caller has been answered has no effect, and disturbs no other, with %s',
    async (name, open) => {
      const server = await shared('redis7')
      const admin = closing(new Redis(server.url))
      const key = `t:${name}:${process.pid}`
      onTestFinished(() => void admin.del(key))
      const port = open({ host: server.host, port: server.port, tls: false }, 5_000)
      onTestFinished(() => port.close())
      await port.connected()
      const late = counting(key, () => false)
      const others = [counting(key, () => true), counting(key, () => true)] as const
      late.answered.catch(() => {})
      port.send(others[0].call)
      port.send(late.call)
      port.send(others[1].call)
      expect(await Promise.all(others.map(({ answered }) => answered))).toEqual([1, 2])
      expect(await admin.get(key)).toBe('2')
      expect([late.call.isWritten, others[0].call.isWritten]).toEqual([false, true])
    },
  )
})

describe('an address', () => {
  const address = { host: '127.0.0.1', port: 1, tls: false }
  const missing: Opener = async () => null

  it('is opened by the first driver that is installed', async () => {
    const second: Opener = async (to, timeoutMs) => openNodeRedis(redis, to, timeoutMs)
    const source = sourceOfAddress(address, { timeoutMs: 100, mayBeCluster: false, drivers: [missing, second] })
    expect(await source.open()).toMatchObject({ address: '127.0.0.1:1', isCluster: false })
    source.release()
  })

  it('is opened by ioredis where both are', async () => {
    const source = sourceOfAddress(address, { timeoutMs: 100, mayBeCluster: false })
    expect((await source.open()).constructor.name).toBe('IoredisPort')
    source.release()
  })

  it('says what to install where none is', async () => {
    const source = sourceOfAddress(address, { timeoutMs: 100, mayBeCluster: false, drivers: [missing, missing] })
    await expect(source.open()).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      message: expect.stringMatching(/npm install ioredis.*npm install redis/),
    })
  })
})

describe.skipIf(isSkipped('redis-cluster'))('the slot of a key', () => {
  it('is the one that the server says', async () => {
    const { nodes } = await shared('redis-cluster')
    const [node] = nodes as [{ host: string; port: number }]
    const client = closing(new Redis(node))
    for (const key of ['', 'a', 'session:{a}', 'session:{b}:x', '{}a', 'a{b', '}{a}', '{é}', '123456789']) {
      expect(slotOf(key), key).toBe(await client.cluster('KEYSLOT', key))
    }
  })
})
