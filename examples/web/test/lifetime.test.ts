import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AppHere, startAppHere } from './app-here.ts'
import { type Browser, visibleText } from './browser.ts'

const minute = 60_000
let app: AppHere
let browser: Browser
beforeEach(async () => {
  app = await startAppHere()
  browser = app.browser()
  await browser.signIn()
})
afterEach(() => app[Symbol.asyncDispose]())

async function isSignedIn(): Promise<boolean> {
  return visibleText((await browser.get('/')).text).includes('Ada Lovelace')
}

async function expiresAt(): Promise<number | undefined> {
  return (await app.store.load(browser.cookies.get('sess') as string))?.expiresAt.getTime()
}

describe('a session', () => {
  it('ends after an hour without a request', async () => {
    app.pass(60 * minute)
    expect(await isSignedIn()).toBe(false)
  })

  it('is kept alive by requests', async () => {
    app.pass(59 * minute)
    expect(await isSignedIn()).toBe(true)
    app.pass(59 * minute)
    expect(await isSignedIn()).toBe(true)
  })

  it('is written to at most once a minute for that', async () => {
    const atFirst = await expiresAt()
    app.pass(minute)
    await browser.get('/')
    expect(await expiresAt()).toBe(atFirst)
    app.pass(1)
    await browser.get('/')
    expect(await expiresAt()).toBe((atFirst as number) + minute + 1)
  })

  it('ends after a day, however busy it is', async () => {
    for (let i = 1; i < 48; i++) {
      app.pass(30 * minute)
      await browser.get('/')
    }
    expect(visibleText((await browser.get('/')).text)).toContain('last seen just now')
    app.pass(30 * minute - 1)
    expect(await isSignedIn()).toBe(true)
    app.pass(1)
    expect(await isSignedIn()).toBe(false)
  })
})
