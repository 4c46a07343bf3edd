import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AppHere, startAppHere } from './app-here.ts'
import { type Browser, visibleText } from './browser.ts'

let app: AppHere
let browser: Browser
beforeEach(async () => {
  app = await startAppHere()
  browser = app.browser()
  await browser.signIn()
})
afterEach(() => app[Symbol.asyncDispose]())

const changes = ['/sign-in', '/sign-out', '/counter', '/devices/sign-out', '/devices/sign-out-others', '/idp/authorize']

describe.each(changes)('POST %s', (path) => {
  it.each([
    ['from another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['from another port of this host', { 'sec-fetch-site': 'same-site', origin: 'http://localhost:1' }],
    ['from a page without an origin', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
    ['from a browser too old for Sec-Fetch-Site, from another site', { origin: 'https://evil.example' }],
    ['from nowhere', {}],
  ])('is refused %s', async (_from, headers: Record<string, string>) => {
    const answer = await browser.request(path, { method: 'POST', headers, body: new URLSearchParams({ times: '1' }) })
    expect(answer.status).toBe(403)
    expect(visibleText(answer.text)).toContain('This request came from another site')
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  it.each([
    ['JSON', 'application/json', '{"times":"1"}'],
    ['no type', '', 'times=1'],
    ['a type that is none', 'x', 'times=1'],
    ['a type of a form beside another', 'application/json, text/plain', '{}'],
  ])('is refused from another site also where its body is of %s', async (_form, type, body) => {
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example', 'content-type': type }
    const answer = await browser.request(path, { method: 'POST', headers, body: new TextEncoder().encode(body) })
    expect(answer.status).toBe(403)
  })

  it.each(['PUT', 'PATCH', 'DELETE'])(
    'is refused from another site as %s, before anybody asks whether there is such a page',
    async (method) => {
      const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
      expect((await browser.request(path, { method, headers })).status).toBe(403)
    },
  )

  it('cannot be done with GET', async () => {
    const cookie = browser.cookies.get('sess')
    const { status } = await browser.get(path)
    expect([400, 404]).toContain(status)
    expect(browser.cookies.get('sess')).toBe(cookie)
  })
})

describe('a form of the application itself', () => {
  it('is taken from a browser too old for Sec-Fetch-Site, by its origin', async () => {
    const answer = await browser.request('/counter', {
      method: 'POST',
      headers: { origin: app.origin },
      body: new URLSearchParams({ times: '1' }),
    })
    expect(answer.status).toBe(303)
  })

  it('is refused when it is larger than any form here', async () => {
    const answer = await browser.post('/counter', { times: 'x'.repeat(20_000) })
    expect(answer.status).toBe(413)
    expect(visibleText(answer.text)).toContain('That was too much')
  })
})
