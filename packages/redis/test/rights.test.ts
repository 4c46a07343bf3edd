import { readFileSync } from 'node:fs'
import type { SessionStore } from '@sess/core'
import { redisStore } from '@sess/redis'
import { isSkipped, start } from '@sess/testkit'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'

/** The line of the README that gives an ACL user its rights. */
const [, documented = ''] =
  /^ACL SETUSER sess on >secret (.+)$/m.exec(readFileSync(new URL('../README.md', import.meta.url), 'utf8')) ?? []
const rules = documented.split(' ')

describe.skipIf(isSkipped('redis7'))('the rights that the README names', () => {
  it('are enough for everything, and none of them is too much', { timeout: 60_000 }, async () => {
    const server = await start('redis7')
    onTestFinished(() => server.stop())
    const admin = new Redis(server.url)
    onTestFinished(() => admin.disconnect())
    const succeeds = async (granted: readonly string[]) => {
      await admin.flushdb()
      await admin.script('FLUSH')
      await admin.call('ACL', 'SETUSER', 'sess', 'reset', 'on', '>secret', ...granted)
      const url = new URL(server.url)
      Object.assign(url, { username: 'sess', password: 'secret' })
      let now = Date.now()
      const store = redisStore({ url: url.href, now: () => now, onBackgroundError: (error) => warnings.push(error) })
      const onTime = redisStore({ url: url.href })
      try {
        await everything(store, () => (now += 86_400_000))
        await onTime.cleanExpired()
        return true
      } catch (error) {
        expect(error).toMatchObject({ code: 'SESS_CONFIG', retryable: false })
        return false
      } finally {
        await Promise.all([store.close(), onTime.close()])
      }
    }
    const warnings: Error[] = []
    expect(rules.length).toBeGreaterThan(10)
    expect(await succeeds(rules)).toBe(true)
    expect(warnings).toEqual([])
    for (const rule of rules) {
      // Without it all works, but for the question whether the server may evict keys.
      const isOptional = rule === '+info'
      expect(await succeeds(rules.filter((other) => other !== rule)), `without ${rule}`).toBe(isOptional)
      expect(warnings.length, rule).toBe(isOptional ? 1 : 0)
      warnings.length = 0
    }
  })
})

async function everything(store: SessionStore, pass: () => void): Promise<void> {
  const ada = { providerId: 'github', externalId: 'ada' }
  await store.ping()
  const session = await store.create({ identity: ada, ttl: '1h' })
  await store.save({ ...session, data: { n: 1 } })
  await store.save({ ...session, identity: null })
  await store.update(session.id, ({ data }) => void Object.assign(data, { n: 2 }))
  await store.touch(session.id, { ttl: '2h' })
  expect(await store.deleteByHandle('unknown')).toBe(false)
  const rotated = await store.rotate(session.id)
  expect(rotated).not.toBeNull()
  expect(await store.load(rotated?.id ?? '')).not.toBeNull()
  expect(await store.count()).toBe(1)
  await store.create({ identity: ada })
  expect(await store.listByIdentity(ada)).toHaveLength(1)
  for await (const { version } of store.entries()) expect(version).not.toBe('')
  expect(await store.deleteByIdentity(ada)).toBe(1)
  expect(await store.consumeState(await store.putState())).not.toBeNull()
  await store.create({ identity: ada, ttl: 1 })
  const lagging = await store.create({ ttl: '24h' })
  await store.touch(lagging.id, { ttl: 86_400_000 + 1 })
  pass()
  // An index entry of an expired session is looked at when there is a new one.
  await store.create({ identity: ada })
  await store.cleanExpired()
}
