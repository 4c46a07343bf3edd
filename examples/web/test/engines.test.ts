import { type Addresses, isSkipped, type SingleName, shared, singleNames } from '@sess/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppProcess } from './app-process.ts'
import { Browser, countOn, safari, visibleText } from './browser.ts'
import { type StorePlace, storePlaces } from './store-places.ts'

for (const server of singleNames) {
  describe.skipIf(isSkipped(server))(`two processes, by one URL, on ${server}`, () => {
    let place: StorePlace
    let here: AppProcess
    let there: AppProcess
    beforeAll(async () => {
      place = await placeOn(server)
      // Both at once, and so both make what the store needs on the server.
      const start = () => AppProcess.start(place.url, place.env)
      const [first, second] = await Promise.all([start(), start()])
      here = first
      there = second
    })
    afterAll(async () => {
      await Promise.all([here?.end('SIGTERM'), there?.end('SIGTERM')])
      await place?.remove?.()
    })

    it('who signs in at one is known to the other, and goes on counting there', async () => {
      const browser = new Browser(here.origin)
      await browser.post('/counter', { times: '20' })
      await browser.signIn('ada')
      const elsewhere = sameBrowserAt(there, browser)
      const { text } = await elsewhere.get('/')
      expect(visibleText(text)).toContain('Ada Lovelace')
      expect(countOn(text)).toBe(20)
      await Promise.all([elsewhere.post('/counter'), browser.post('/counter'), elsewhere.post('/counter')])
      expect(countOn((await browser.get('/')).text)).toBe(23)
    })

    it('who signs out at one is signed out at the next request to the other', async () => {
      const browser = new Browser(here.origin)
      await browser.signIn('katherine')
      expect(visibleText((await browser.get('/')).text)).toContain('Katherine Johnson')
      await sameBrowserAt(there, browser).post('/sign-out')
      expect(visibleText((await browser.get('/')).text)).toContain('Nobody is signed in here')
    })

    it('the devices are listed at both, and one ends the others at once', async () => {
      const phone = new Browser(here.origin, safari)
      const laptop = new Browser(there.origin)
      await phone.signIn('grace')
      await laptop.signIn('grace')
      for (const browser of [phone, laptop]) {
        expect(devicesOn((await browser.get('/')).text)).toEqual(['Safari on iPhone', 'Firefox on Linux'])
      }
      const { text } = await laptop.follow(laptop.post('/devices/sign-out-others'))
      expect(devicesOn(text)).toEqual(['Firefox on Linux'])
      expect(visibleText((await phone.get('/')).text)).toContain('Nobody is signed in here')
      expect(visibleText((await sameBrowserAt(here, laptop).get('/')).text)).toContain('Grace Hopper')
    })

    it('both end with code 0, and have printed no password', async () => {
      expect(await Promise.all([here.end('SIGTERM'), there.end('SIGTERM')])).toEqual([0, 0])
      const { password } = URL.parse(place.url) ?? { password: '' }
      for (const { out, err } of [here, there]) {
        expect(err).toBe('')
        expect(out).toContain('Sessions are kept in')
        if (password !== '') expect(out).not.toContain(`:${password}@`)
      }
    })
  })
}

async function placeOn<Name extends SingleName>(name: Name): Promise<StorePlace> {
  const place: (server: Addresses[Name]) => StorePlace | Promise<StorePlace> = storePlaces[name]
  return place(await shared(name))
}

/** A browser with the same cookies, whose requests go to another process. */
function sameBrowserAt(app: AppProcess, browser: Browser): Browser {
  const same = new Browser(app.origin, browser.headers['user-agent'])
  for (const [name, value] of browser.cookies) same.cookies.set(name, value)
  return same
}

/** The names of the devices in the list, oldest session first. */
function devicesOn(page: string): string[] {
  const rows = page.matchAll(/<li>[\s\S]*?<\/li>/g)
  return Array.from(rows, ([row]) => /^(.*?) (?:This device )?Signed in/.exec(visibleText(row).trim())?.[1] ?? row)
}
