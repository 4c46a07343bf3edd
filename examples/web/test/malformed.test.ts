import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AppHere, startAppHere } from './app-here.ts'
import { visibleText } from './browser.ts'
import { SlowPost } from './raw-request.ts'

let app: AppHere
beforeEach(async () => {
  app = await startAppHere()
})
afterEach(() => app[Symbol.asyncDispose]())

const forms = ['/counter', '/sign-in', '/sign-out', '/devices/sign-out', '/idp/authorize']

describe.each(forms)('POST %s', (path) => {
  it.each([
    ['without a boundary', 'multipart/form-data', 'x'],
    ['without a part', 'multipart/form-data; boundary=x', '--x\r\ngarbage'],
    [
      'that ends in a part',
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="times"\r\n\r\n1',
    ],
    ['with an empty body', 'multipart/form-data; boundary=x', ''],
  ])('is a bad request as multipart %s', async (_what, type, body) => {
    const answer = await app.browser().request(path, {
      method: 'POST',
      headers: { origin: app.origin, 'content-type': type },
      body: new TextEncoder().encode(body),
    })
    expect(answer.status).toBe(400)
    expect(visibleText(answer.text)).toContain('This request cannot be read')
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(app.log.join('\n')).not.toContain('failed')
  })

  it('is no failure of ours where the browser hangs up in the body, whether it told the length or not', async () => {
    for (const length of [100, null]) {
      const before = app.log.length
      const post = await SlowPost.begin(`${app.origin}${path}`, length, '5\r\ntimes\r\n', { origin: app.origin })
      // The server has begun to read once it has answered a request that came after.
      await app.browser().get('/icon.svg')
      post.hangUp()
      await expect
        .poll(() => app.log.slice(before).filter((line) => line.startsWith('POST ')).length)
        .toBeGreaterThan(0)
      const [line] = app.log.slice(before).filter((each) => each.startsWith('POST '))
      expect(line).toMatch(new RegExp(`^POST ${path} 400 `))
    }
    expect(app.log.join('\n')).not.toContain('failed')
  })
})

describe('a line of the log', () => {
  it.each([
    ['a line break', '/%0aGET%20/forged%20200%201.0%20ms'],
    ['a carriage return', '/%0d%0aGET%20/forged%20200%201.0%20ms'],
    ['an escape sequence', '/%1b%5b2J'],
    ['a line separator', '/%e2%80%a8GET%20/forged'],
    ['what is no UTF-8', '/%ff%0a'],
  ])('is one line, whatever the path holds: %s', async (_what, path) => {
    await app.browser().get(path)
    expect(app.log).toHaveLength(1)
    expect(app.log[0]).toContain(`GET ${path} `)
    expect(app.log[0]).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
  })

  it('is one line for a failure, too', async () => {
    app.store.load = () => Promise.reject(new Error('first line\nPOST /forged 200 1.0 ms\u001b[2J'))
    const browser = app.browser()
    browser.cookies.set('sess', 'a'.repeat(43))
    expect((await browser.get('/')).status).toBe(500)
    expect(app.log).toHaveLength(2)
    for (const line of app.log) expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
  })
})
