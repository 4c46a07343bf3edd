import { isSkipped, type Running, start } from '@sess/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppProcess } from './app-process.ts'
import { Browser, countOn, visibleText } from './browser.ts'

describe.skipIf(isSkipped('redis7'))('while Redis is down (redis7)', () => {
  let redis: Running
  let app: AppProcess
  beforeAll(async () => {
    redis = await start('redis7', { args: ['--appendonly', 'yes'] })
    app = await AppProcess.start(redis.url)
  })
  afterAll(async () => {
    await app?.[Symbol.asyncDispose]()
    await redis?.stop()
  })

  it('a browser is told so, stays signed in, and goes on when Redis is back', async () => {
    const browser = new Browser(app.origin)
    await browser.signIn()
    await browser.post('/counter')
    const cookie = browser.cookies.get('sess')

    await redis.kill()
    const answers = [await browser.get('/'), await browser.post('/counter'), await browser.post('/sign-out')]
    for (const answer of answers) {
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toBe('5')
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(visibleText(answer.text)).toContain('Sessions cannot be reached at the moment')
    }

    await redis.restart()
    await expect.poll(async () => (await browser.get('/')).status, { timeout: 20_000 }).toBe(200)
    const back = await browser.get('/')
    expect(visibleText(back.text)).toContain('Ada Lovelace')
    expect(countOn(back.text)).toBe(1)
    expect(browser.cookies.get('sess')).toBe(cookie)
    expect(app.out).toContain('SESS_UNAVAILABLE')
    expect(app.out + app.err).not.toContain(cookie)
  })
})
