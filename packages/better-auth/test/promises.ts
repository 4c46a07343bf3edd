import { type BetterAuthStorage, secondaryStorage } from '@sess/better-auth'
import type { SessionStore } from '@sess/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Application, startApplication, type Version } from './application.ts'

/** Two stores on one fresh storage, as two processes have them. */
export interface Pair {
  readonly one: SessionStore
  readonly other: SessionStore
  close(): Promise<void>
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

/** What this package promises with any store, through the real Better Auth where that makes the call. */
export function describePromises(name: string, openPair: () => Promise<Pair>, version: Version): void {
  async function open(): Promise<{ one: BetterAuthStorage; other: BetterAuthStorage; store: SessionStore }> {
    const pair = await openPair()
    onTestFinished(() => pair.close())
    return { one: secondaryStorage(pair.one), other: secondaryStorage(pair.other), store: pair.one }
  }
  async function openApplication(
    options: Record<string, unknown> = {},
  ): Promise<Application & { store: SessionStore }> {
    const { one, store } = await open()
    return { ...startApplication(version, one, options), store }
  }

  describe(`secondary storage on ${name}`, () => {
    it('counts 100 parallel increments from two processes as 1 to 100', async () => {
      const { one, other } = await open()
      const counts = await Promise.all(times(100, (index) => (index % 2 ? one : other).increment('ip|/sign-in', 60)))
      expect(counts.toSorted((a, b) => a - b)).toEqual(times(100, (index) => index + 1))
      expect(await other.get('ip|/sign-in')).toBe('100')
    })

    it('gives a value to one of 20 parallel getAndDelete from two processes', async () => {
      const { one, other } = await open()
      await one.set('verification:x', 'once', 60)
      const taken = await Promise.all(times(20, (index) => (index % 2 ? one : other).getAndDelete('verification:x')))
      expect(taken.filter((value) => value !== null)).toEqual(['once'])
      expect(await one.get('verification:x')).toBeNull()
      await other.set('verification:x', 'again', 60)
      expect(await one.getAndDelete('verification:x')).toBe('again')
    })

    it('lets the window of a counter run from its first increment, and counts anew after it', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      onTestFinished(() => void vi.useRealTimers())
      const { one, other } = await open()
      expect(await one.increment('k', 10)).toBe(1)
      vi.advanceTimersByTime(9_999)
      expect(await other.increment('k', 10)).toBe(2)
      vi.advanceTimersByTime(1)
      expect(await one.get('k')).toBeNull()
      const counts = await Promise.all(times(6, (index) => (index % 2 ? one : other).increment('k', 10)))
      expect(counts.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6])
    })

    it('brings no session back by a set that is later than its delete, in this process or another', async () => {
      const { one, other } = await open()
      const value = JSON.stringify({ session: { userId: 'u1', token: 'tok', createdAt: new Date() }, user: null })
      for (const [token, late] of Object.entries({ here: one, there: other })) {
        await one.set(token, value, 60)
        expect(await other.get(token)).toBe(value)
        await one.delete(token)
        await late.set(token, value, 60)
        expect(await one.get(token)).toBeNull()
      }
      await Promise.all(times(20, (index) => (index === 10 ? one.delete('tok') : other.set('tok', value, 60))))
      expect(await one.get('tok')).toBeNull()
      expect(await one.get('active-sessions-u1')).toBeNull()
    })

    it('signs up, signs in, lists, and ends sessions through Better Auth', async () => {
      const app = await openApplication()
      const laptop = app.browser()
      expect((await laptop.signUp()).status).toBe(200)
      const phone = app.browser()
      expect((await phone.signIn()).status).toBe(200)
      expect(await laptop.user()).toBe('ada@example.com')
      expect(await laptop.listed()).toHaveLength(2)

      await phone.ask('/sign-out', {})
      expect(await laptop.listed()).toHaveLength(1)
      const tablet = app.browser()
      await tablet.signIn()
      const [first] = (await laptop.listed()).filter((token) => token !== laptop.token)
      expect((await laptop.ask('/revoke-session', { token: first })).status).toBe(200)
      expect(await tablet.user()).toBeNull()
      await tablet.signIn()
      expect((await laptop.ask('/revoke-sessions', {})).status).toBe(200)
      expect([await laptop.user(), await tablet.user()]).toEqual([null, null])
    })

    it('lists and revokes every session of 10 parallel sign-ins', async () => {
      const app = await openApplication()
      const laptop = app.browser()
      await laptop.signUp()
      const others = times(10, () => app.browser())
      await Promise.all(others.map((browser) => browser.signIn()))
      expect(await laptop.listed()).toHaveLength(11)
      await laptop.ask('/revoke-other-sessions', {})
      expect(await Promise.all(others.map((browser) => browser.user()))).toEqual(others.map(() => null))
      expect(await laptop.user()).toBe('ada@example.com')
    })

    it('has the users of Better Auth in the index of the store', async () => {
      const app = await openApplication()
      const laptop = app.browser()
      const { body } = await laptop.signUp()
      await app.browser().signIn()
      const ada = { providerId: 'better-auth', externalId: (body as { user: { id: string } }).user.id }
      expect(await app.store.listByIdentity(ada)).toHaveLength(2)
      expect(await app.store.deleteByIdentity(ada)).toBe(2)
      expect(await laptop.user()).toBeNull()
    })

    it('ends a session at its time, and a refresh moves that', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      onTestFinished(() => void vi.useRealTimers())
      const app = await openApplication({ session: { expiresIn: 1_000, updateAge: 100 } })
      const laptop = app.browser()
      await laptop.signUp()
      vi.advanceTimersByTime(900_000)
      expect(await laptop.user()).toBe('ada@example.com')
      vi.advanceTimersByTime(900_000)
      expect(await laptop.user()).toBe('ada@example.com')
      vi.advanceTimersByTime(1_000_000)
      expect(await laptop.user()).toBeNull()
      expect(await app.store.count()).toBe(0)
    })

    it('lets 3 of 20 parallel sign-ins of one address pass where Better Auth allows 3, and again after the window', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      onTestFinished(() => void vi.useRealTimers())
      const app = await openApplication({ rateLimit: { enabled: true } })
      await app.browser().signUp()
      const attempts = await Promise.all(times(20, () => app.browser().signIn()))
      expect(attempts.filter(({ status }) => status === 200)).toHaveLength(3)
      expect(attempts.filter(({ status }) => status === 429)).toHaveLength(17)
      vi.advanceTimersByTime(10_000)
      expect((await app.browser().signIn()).status).toBe(200)
    })

    it('gives a token for a new password to one of 10 parallel requests', async () => {
      const tokens: string[] = []
      const app = await openApplication({
        sendResetPassword: async ({ token }: { token: string }) => void tokens.push(token),
      })
      const laptop = app.browser()
      await laptop.signUp()
      await app.browser().ask('/request-password-reset', { email: 'ada@example.com', redirectTo: '/' })
      await vi.waitUntil(() => tokens.length > 0)
      const resets = await Promise.all(
        times(10, (index) =>
          app.browser().ask('/reset-password', { token: tokens[0], newPassword: `new password ${index}` }),
        ),
      )
      expect(resets.map(({ status }) => status).toSorted()).toEqual([200, ...times(9, () => 400)])
    })
  })
}
