import { createHash } from 'node:crypto'
import { isSkipped } from '@sess/testkit'
import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { type Script, scripts } from '../src/scripts.ts'
import { closing, privateRedis, quiet } from './harness.ts'
import { ada, comeBetween, open } from './opened.ts'

const onceWritten = 'pcall(writes[kind], keyAt, argAt)'

/** The script with a loop in it that never ends: before its first write, and where it has a `pcall` inside that. */
function endless({ lua }: Script): Script {
  const forever = lua.includes(onceWritten)
    ? lua.replace(onceWritten, 'pcall(function() while true do end end)')
    : `while true do end ${lua}`
  return { lua: forever, sha: createHash('sha1').update(forever).digest('hex') }
}

/** A server takes SCRIPT KILL for a script that has run for some time, and not before. */
async function killScript(admin: Redis): Promise<void> {
  for (;;) {
    const answer: unknown = await admin.script('KILL').catch((error: unknown) => error)
    if (answer === 'OK') return
  }
}

describe.skipIf(isSkipped('redis7'))('a script that an administrator kills', () => {
  it('is a retryable error for its caller, and changes nothing', { timeout: 60_000 }, async () => {
    const server = await privateRedis(['--busy-reply-threshold', '20'])
    const admin = closing(quiet(new Redis(server.url)))
    const { store, entries } = await open({ url: server.url, timeoutMs: 30_000 })
    const session = await store.create({ identity: ada, data: { n: 1 } })
    const calls: Record<string, () => Promise<unknown>> = {
      create: () => store.create({ identity: ada }),
      save: () => store.save({ ...session, data: { n: 2 } }),
      touch: () => store.touch(session.id, { ttl: '48h' }),
      rotate: () => store.rotate(session.id),
      delete: () => store.delete(session.id),
      deleteByIdentity: () => store.deleteByIdentity(ada),
    }
    let isEndless = true
    comeBetween(({ script }, proceed) => proceed(isEndless && script !== scripts.find ? endless(script) : script))
    for (const [name, call] of Object.entries(calls)) {
      const failure = call().catch((error: unknown) => error)
      await killScript(admin)
      expect(await failure, name).toMatchObject({
        code: 'SESS_UNAVAILABLE',
        retryable: true,
        message: 'Redis: the server was told to stop the script',
      })
    }
    isEndless = false
    expect(await entries()).toEqual([1, 1])
    expect(await store.load(session.id)).toEqual(session)
    expect(await store.deleteByIdentity(ada)).toBe(1)
  })
})
