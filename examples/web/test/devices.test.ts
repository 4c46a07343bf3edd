import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AppHere, startAppHere } from './app-here.ts'
import { hiddenFields, safari, visibleText } from './browser.ts'

let app: AppHere
beforeEach(async () => {
  app = await startAppHere()
})
afterEach(() => app[Symbol.asyncDispose]())

describe('the list of sessions', () => {
  it('shows the device, the sign-in and the last sight of each, and of nobody else', async () => {
    const laptop = app.browser()
    const phone = app.browser(safari)
    await phone.signIn('ada')
    app.pass(50 * 60_000)
    await phone.get('/')
    await app.browser().signIn('grace')
    await laptop.post('/counter') // a visitor long before it signs in
    app.pass(25 * 60_000)
    const { text } = await laptop.signIn('ada')

    const rows = [...text.matchAll(/<li>[\s\S]*?<\/li>/g)].map(([row]) => visibleText(row).trim())
    expect(rows).toHaveLength(2)
    expect(rows[0]).toMatch(/^Safari on iPhone Signed in 1 hour ago · last seen 25 minutes ago/)
    expect(rows[1]).toMatch(/^Firefox on Linux This device Signed in just now · last seen just now/)
  })

  it('holds no session id', async () => {
    const laptop = app.browser()
    const phone = app.browser(safari)
    await phone.signIn()
    const { text } = await laptop.signIn()
    expect(text).not.toContain(phone.cookies.get('sess'))
    expect(text).not.toContain(laptop.cookies.get('sess'))
  })

  it('signs out one device by its handle', async () => {
    const laptop = app.browser()
    const phone = app.browser(safari)
    await phone.signIn()
    const { text } = await laptop.signIn()
    const home = await laptop.follow(laptop.post('/devices/sign-out', hiddenFields(text)))
    expect(visibleText(home.text)).toContain('One session was signed out')
    expect(visibleText((await phone.get('/')).text)).toContain('Nobody is signed in here')
    expect(visibleText((await laptop.get('/')).text)).toContain('Ada Lovelace')
  })

  it('has no more than twenty: with one sign-in more, the session ends that signed in first', async () => {
    const first = app.browser(safari)
    await first.signIn()
    for (let n = 1; n < 20; n += 1) {
      app.pass(1_000)
      await app.browser().signIn()
    }
    expect(visibleText((await first.get('/')).text)).toContain('Ada Lovelace')
    app.pass(1_000)
    await app.browser().signIn()
    expect(visibleText((await first.get('/')).text)).toContain('Nobody is signed in here')
  })

  it('has no more than twenty, also where somebody signs in after another person', async () => {
    const shared = app.browser()
    await shared.signIn('grace')
    const first = app.browser(safari)
    await first.signIn()
    for (let n = 1; n < 20; n += 1) {
      app.pass(1_000)
      await app.browser().signIn()
    }
    app.pass(1_000)
    await shared.signIn()
    expect(visibleText((await shared.get('/')).text)).toContain('Ada Lovelace')
    expect(visibleText((await first.get('/')).text)).toContain('Nobody is signed in here')
  })

  it("takes no handle of another person's session", async () => {
    const grace = app.browser()
    await grace.signIn('grace')
    const [summary] = await app.store.listByIdentity({ providerId: 'demo', externalId: 'grace' })
    const ada = app.browser()
    await ada.signIn('ada')
    const home = await ada.follow(ada.post('/devices/sign-out', { handle: summary?.handle as string }))
    expect(visibleText(home.text)).toContain('No sessions were signed out')
    expect(visibleText((await grace.get('/')).text)).toContain('Grace Hopper')
  })

  it('takes no handle from somebody who is not signed in', async () => {
    await app.browser().signIn('grace')
    const [summary] = await app.store.listByIdentity({ providerId: 'demo', externalId: 'grace' })
    const stranger = app.browser()
    await stranger.post('/counter')
    await stranger.post('/devices/sign-out', { handle: summary?.handle as string })
    await stranger.post('/devices/sign-out-others')
    expect(await app.store.count()).toBe(2)
  })

  it('signs out everywhere else', async () => {
    const laptop = app.browser()
    const others = [app.browser(safari), app.browser(), app.browser()]
    for (const other of others) await other.signIn('ada')
    const grace = app.browser()
    await grace.signIn('grace')
    await laptop.signIn('ada')

    const home = await laptop.follow(laptop.post('/devices/sign-out-others'))
    expect(visibleText(home.text)).toContain('3 sessions were signed out')
    expect(visibleText(home.text)).toContain('Ada Lovelace')
    for (const other of others) expect(visibleText((await other.get('/')).text)).toContain('Nobody is signed in here')
    expect(visibleText((await grace.get('/')).text)).toContain('Grace Hopper')
  })
})

describe('after sign-out', () => {
  it('the old cookie opens nothing, also not for a copy of it', async () => {
    const browser = app.browser()
    await browser.signIn()
    const thief = app.browser()
    thief.cookies.set('sess', browser.cookies.get('sess') as string)
    await browser.post('/sign-out')
    expect(visibleText((await thief.get('/')).text)).toContain('Nobody is signed in here')
    await thief.post('/counter')
    expect(visibleText((await thief.get('/')).text)).toContain('Nobody is signed in here')
  })

  it('an increment that was under way does not bring the session back', async () => {
    const browser = app.browser()
    await browser.signIn()
    const id = browser.cookies.get('sess') as string
    await Promise.all([browser.post('/sign-out'), ...Array.from({ length: 10 }, () => browser.post('/counter'))])
    expect(await app.store.exists(id)).toBe(false)
    expect(await app.store.listByIdentity({ providerId: 'demo', externalId: 'ada' })).toEqual([])
  })
})
