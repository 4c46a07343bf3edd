import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deviceName } from '../src/pages/device-name.ts'
import { relativeTime } from '../src/pages/time.ts'
import { type AppHere, startAppHere } from './app-here.ts'
import { firefox, safari, visibleText } from './browser.ts'

let app: AppHere
beforeEach(async () => {
  app = await startAppHere()
})
afterEach(() => app[Symbol.asyncDispose]())

describe('every page', () => {
  it.each(['/', '/nowhere', '/sign-in/callback', '/idp/authorize'])('(%s) says which store is in use', async (path) => {
    const { text } = await app.browser().get(path)
    expect(visibleText(text)).toContain('Sessions are kept in Memory of this process')
  })

  it.each(['/', '/nowhere', '/sign-in/callback'])('(%s) allows no script, no frame and no copy', async (path) => {
    const { headers, text } = await app.browser().get(path)
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(text).not.toMatch(/<script|<style| style=| on\w+=/i)
  })

  it('escapes what a browser says of itself', async () => {
    const browser = app.browser('"><script>alert(1)</script> & Co')
    const { text } = await browser.signIn()
    expect(text).not.toContain('<script')
    expect(text).toContain('Unknown browser')
  })

  it('escapes what comes from an identity provider', async () => {
    const browser = app.browser()
    await browser.signIn()
    await app.store.update(browser.cookies.get('sess') as string, (session) => {
      session.identity = { providerId: 'demo', externalId: 'x', username: '<img src=x>', email: '"&\'<b>' }
    })
    const { text } = await browser.get('/')
    expect(text).toContain('&lt;img src=x&gt;')
    expect(text).not.toContain('<img')
    expect(text).not.toContain('<b>')
  })

  it('is there for the address of no page too', async () => {
    const answer = await app.browser().get('/nowhere')
    expect(answer.status).toBe(404)
    expect(visibleText(answer.text)).toContain('There is no such page')
  })

  it('shows only notices that there are', async () => {
    for (const notice of ['constructor', '__proto__', '<b>', 'toString']) {
      expect((await app.browser().get(`/?notice=${encodeURIComponent(notice)}`)).text).not.toContain('class="notice"')
    }
  })
})

describe('the stylesheet and the icon', () => {
  it.each([
    ['/style.css', 'text/css; charset=utf-8'],
    ['/icon.svg', 'image/svg+xml'],
  ])('%s may be kept, and needs no store', async (path, type) => {
    await app.store.close()
    const { status, headers } = await app.browser().get(path)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe(type)
    expect(headers.get('cache-control')).toBe('public, max-age=60')
  })
})

describe('the name of a device', () => {
  it.each([
    [firefox, 'Firefox on Linux'],
    [safari, 'Safari on iPhone'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      'Chrome on Mac',
    ],
    [
      'Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
      'Samsung Internet on Android',
    ],
    ['curl/8.14.1', 'curl'],
    ['', 'Unknown browser'],
  ])('of %s is %s', (userAgent, name) => {
    expect(deviceName(userAgent)).toBe(name)
  })
})

describe('a relative time', () => {
  it.each([
    [0, 'just now'],
    [-29_000, 'just now'],
    [-31_000, '1 minute ago'],
    [3_600_000, 'in 1 hour'],
    [3_599_000, 'in 1 hour'],
    [-5_400_000, '1 hour ago'],
    [86_400_000, 'in 1 day'],
  ])('%d ms from now reads "%s"', (ms, text) => {
    const now = Date.parse('2031-05-01T09:00:00Z')
    expect(relativeTime(new Date(now + ms), now)).toBe(text)
  })
})
