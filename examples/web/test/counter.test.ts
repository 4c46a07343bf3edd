import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AppHere, startAppHere } from './app-here.ts'
import { countOn, visibleText } from './browser.ts'

let app: AppHere
beforeEach(async () => {
  app = await startAppHere()
})
afterEach(() => app[Symbol.asyncDispose]())

describe('the counter', () => {
  it('loses none of 50 presses in two tabs at once', async () => {
    const browser = app.browser()
    await browser.signIn()
    await Promise.all(Array.from({ length: 50 }, () => browser.post('/counter')))
    expect(countOn((await browser.get('/')).text)).toBe(50)
  })

  it('adds 20 at once and says how many were counted', async () => {
    const browser = app.browser()
    const home = await browser.follow(browser.post('/counter', { times: '20' }))
    expect(visibleText(home.text)).toContain('20 updates at once, 20 counted')
    expect(countOn(home.text)).toBe(20)
  })

  it.each(['1', '', '19', '-5', '1e9', 'x'])('takes times=%s for one press', async (times) => {
    const browser = app.browser()
    const home = await browser.follow(browser.post('/counter', { times }))
    expect(countOn(home.text)).toBe(1)
  })
})
