import { describe, expect, it } from 'vitest'
import { startAppHere } from './app-here.ts'
import { visibleText } from './browser.ts'

const behindTls = { 'x-forwarded-proto': 'https' }

describe('the session cookie', () => {
  it('on plain http is HttpOnly, SameSite=Lax, for every path, of no other host, and without Secure', async () => {
    await using app = await startAppHere()
    const [cookie] = (await app.browser().post('/counter')).headers.getSetCookie()
    expect(cookie).toMatch(/^sess=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  it('over TLS is __Host- and Secure as well', async () => {
    await using app = await startAppHere({ trustProxy: true })
    const browser = app.browser()
    browser.headers = behindTls
    const [cookie] = (await browser.post('/counter')).headers.getSetCookie()
    expect(cookie).toMatch(/^__Host-sess=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/)

    expect(visibleText((await browser.signIn()).text)).toContain('Ada Lovelace')
    const [cleared] = (await browser.post('/sign-out')).headers.getSetCookie()
    expect(cleared).toMatch(/^__Host-sess=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  })

  it('over TLS is not read from the name that a plain connection could plant', async () => {
    await using app = await startAppHere({ trustProxy: true })
    const plain = app.browser()
    await plain.signIn()
    const secure = app.browser()
    secure.headers = behindTls
    secure.cookies.set('sess', plain.cookies.get('sess') as string)
    expect(visibleText((await secure.get('/')).text)).toContain('Nobody is signed in here')
  })

  it('does not believe X-Forwarded-Proto unless told that there is a proxy', async () => {
    await using app = await startAppHere()
    const browser = app.browser()
    browser.headers = behindTls
    const [cookie] = (await browser.post('/counter')).headers.getSetCookie()
    expect(cookie).toMatch(/^sess=/)
    expect(cookie).not.toContain('Secure')
  })

  it.each([
    ['https,http', true],
    [' HTTPS , http', true],
    ['https, https', true],
    ['http, https', false],
    ['httpsx, https', false],
    ['', false],
  ])('behind a chain of proxies goes by the first one: %s', async (proto, secure) => {
    await using app = await startAppHere({ trustProxy: true })
    const browser = app.browser()
    browser.headers = { 'x-forwarded-proto': proto }
    const [cookie] = (await browser.post('/counter')).headers.getSetCookie()
    expect(cookie?.startsWith('__Host-sess=')).toBe(secure)
  })

  it('is sent again only when it changes', async () => {
    await using app = await startAppHere()
    const browser = app.browser()
    await browser.signIn()
    app.pass(30 * 60_000)
    const answers = [await browser.get('/'), await browser.post('/counter'), await browser.get('/nowhere')]
    expect(answers.flatMap(({ headers }) => headers.getSetCookie())).toEqual([])
  })
})
