import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AppHere, startAppHere } from './app-here.ts'
import { type Browser, countOn, visibleText } from './browser.ts'
import { SlowPost } from './raw-request.ts'

let app: AppHere
let browser: Browser
beforeEach(async () => {
  app = await startAppHere()
  browser = app.browser()
})
afterEach(() => app[Symbol.asyncDispose]())

function begin(path: string): Promise<SlowPost> {
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = { cookie, origin: app.origin, 'user-agent': browser.headers['user-agent'] ?? '' }
  return SlowPost.begin(`${app.origin}${path}`, 7, 'times', headers)
}

describe('a POST that began before its browser signed in, and is answered after', () => {
  it.each(['/counter', '/sign-in', '/sign-out', '/devices/sign-out-others'])(
    '(%s) sets no cookie, begins no session, and leaves the person signed in',
    async (path) => {
      await browser.post('/counter')
      const { headers } = await browser.signInUpToCallback('ada')
      const post = await begin(path)
      await browser.follow(browser.get(headers.get('location') as string))
      const answer = await post.finish('=1')
      expect(answer).toMatch(/^HTTP\/1\.1 30[37] /)
      expect(answer).not.toMatch(/^set-cookie: sess=/im)
      expect(await app.store.count()).toBe(1)
      expect(visibleText((await browser.get('/')).text)).toContain('Ada Lovelace')
    },
  )

  it('is sent again by the browser, and counts for who is signed in by then', async () => {
    await browser.post('/counter')
    const { headers } = await browser.signInUpToCallback('ada')
    const post = await begin('/counter')
    await browser.follow(browser.get(headers.get('location') as string))
    const [, again = ''] = /^location: (.+)$/im.exec(await post.finish('=1')) ?? []
    const home = await browser.follow(browser.post(again.trim(), { times: '1' }))
    expect(visibleText(home.text)).toContain('Ada Lovelace')
    expect(countOn(home.text)).toBe(2)
  })
})

describe('a browser whose session has ended', () => {
  beforeEach(async () => {
    await browser.post('/counter')
    app.pass(60 * 60_000)
  })

  it('gets a new one with its next form', async () => {
    const answer = await browser.post('/counter', { times: '20' })
    expect(countOn((await browser.follow(answer)).text)).toBe(20)
  })

  it('can sign in', async () => {
    expect(visibleText((await browser.signIn('grace')).text)).toContain('Grace Hopper')
  })
})
