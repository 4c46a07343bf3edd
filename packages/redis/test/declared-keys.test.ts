import { createHash } from 'node:crypto'
import { runConformance } from '@sess/core/conformance'
import { isSkipped, shared } from '@sess/testkit'
import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { watched } from './declared-keys.ts'
import { redisHarness } from './harness.ts'
import { ada, comeBetween, hourMs, open } from './opened.ts'

/** Calls the debug build of every script; the keys of a store of a test begin as the prefix of its keys does. */
function watch(): Set<string> {
  const undeclared = new Set<string>()
  comeBetween(async ({ script, keys }, proceed) => {
    const beginning = keys[0]?.split(/[|*]/)[0] ?? 'none'
    try {
      const answer = await proceed(watched(script, beginning))
      if (JSON.stringify(answer).includes('UNDECLARED')) undeclared.add(script.sha)
      return answer
    } catch (error) {
      if (String(error).includes('UNDECLARED')) undeclared.add(script.sha)
      throw error
    }
  })
  return undeclared
}

describe.skipIf(isSkipped('redis7'))('a script touches no key that it does not declare', () => {
  it('and one that did would be found', async () => {
    const { client, prefix } = await open()
    const lua = `return redis.call('GET', KEYS[1] .. 'x')`
    const script = watched({ lua, sha: createHash('sha1').update(lua).digest('hex') }, prefix)
    await expect(client.eval(script.lua, 1, `${prefix}a`)).rejects.toThrow('UNDECLARED')
  })

  it('whatever the conformance suite does', { timeout: 300_000 }, async () => {
    const { url } = await shared('redis7')
    const undeclared = watch()
    const harness = redisHarness({ inspect: () => new Redis(url), config: () => ({ url }) })
    const { cases } = await runConformance(harness)
    expect(cases.filter(({ status }) => status === 'failed').map(({ id, error }) => `${id}: ${error}`)).toEqual([])
    expect(cases.length).toBeGreaterThan(250)
    expect([...undeclared]).toEqual([])
  })

  it('nor for entries that have outlived their records, and for damaged records', async () => {
    const undeclared = watch()
    for (const eviction of ['refuse', 'accept'] as const) {
      const { store, client, keyOf, advance } = await open({ eviction })
      const [first, second, third] = await Promise.all([1, 2, 3].map(() => store.create({ identity: ada })))
      const handles = (await store.listByIdentity(ada)).map(({ handle }) => handle)
      await client.set(await keyOf(handles[0] as string), 'sess1')
      await client.del(await keyOf(handles[1] as string))
      await store.listByIdentity(ada)
      await Promise.allSettled([first, second, third].map((session) => store.touch(session?.id ?? '', { ttl: hourMs })))
      advance(25 * hourMs)
      for (let n = 0; n < 3; n += 1)
        await Promise.all(Array.from({ length: 64 }, () => store.create({ identity: ada })))
      await store.deleteByHandle(handles[0] as string)
      expect(await store.deleteByIdentity(ada)).toBe(192)
      await store.cleanExpired()
    }
    expect([...undeclared]).toEqual([])
  })
})
