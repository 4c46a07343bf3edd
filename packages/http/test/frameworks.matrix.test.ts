import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Application,
  packPackages,
  type RunningApplication,
  startApplication,
} from './applications/application.ts'
import { next } from './applications/next.ts'
import { reactRouter7, reactRouter8 } from './applications/react-router.ts'
import { sveltekit } from './applications/sveltekit.ts'
import { WebClient } from './web-client.ts'

const applications: [string, Application][] = [
  ['SvelteKit', sveltekit],
  ['React Router 7', reactRouter7],
  ['React Router 8', reactRouter8],
  ['Next.js', next],
]

const id = (browser: WebClient) => browser.jar.get('__Host-sid') ?? browser.jar.get('sid')
const cookieOf = (origin: string) =>
  origin.startsWith('https:')
    ? /^__Host-sid=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/
    : /^sid=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/

let packed: Awaited<ReturnType<typeof packPackages>>
beforeAll(async () => {
  packed = await packPackages()
}, 300_000)
afterAll(() => packed?.remove())

describe.each(applications)('a real application of %s, on the packed packages', (name, application) => {
  let running: RunningApplication
  beforeAll(async () => {
    running = await startApplication(application, packed.tarballs)
  }, 600_000)
  afterAll(() => running?.stop())
  const client = () => new WebClient(running.origin, running.knownAs)

  it('keeps a session, signs in under a new id and out again', async () => {
    const browser = client()
    const first = await browser.post('/count')
    expect(first).toMatchObject({ status: 200, text: '1' })
    expect(first.cookies).toEqual([expect.stringMatching(cookieOf(running.knownAs))])
    expect(first.headers.get('cache-control')).toBe('no-store')
    expect(await browser.post('/count')).toMatchObject({ text: '2', cookies: [] })
    const old = id(browser)
    expect((await browser.post('/sign-in')).status).toBe(201)
    expect(id(browser)).not.toBe(old)
    expect((await browser.post('/page')).text).toBe('ada 2')
    expect(await browser.post('/sign-out')).toMatchObject({ text: 'true' })
    expect(browser.jar.size).toBe(0)
  })

  it('answers 503 where the session cannot be saved, 403 to another site, and 500 to its own fault', async () => {
    const browser = client()
    await browser.post('/count')
    expect(await browser.post('/large')).toMatchObject({ status: 503, cookies: [] })
    expect((await browser.post('/count', undefined, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await browser.post('/fail')).status).toBe(500)
    expect((await browser.post('/page')).text).toBe('undefined 1')
  })

  it('signs in by a form, whose redirect carries the new cookie, and shows it on a page of its own', async () => {
    const browser = client()
    await browser.post('/count')
    const path = name === 'Next.js' ? '/own/form/sign-in' : '/own/form'
    const answer = await browser.post(path, new URLSearchParams({ name: 'grace' }))
    expect([answer.status, answer.cookies.length]).toEqual([name === 'Next.js' ? 307 : 303, 1])
    const page = await browser.get('/own/form')
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('signed in: grace')])
    expect((await client().get('/own/form')).text).toContain('signed in: nobody')
  })

  if (name === 'Next.js') {
    it('has a proxy that lets in who is signed in, and takes notFound() for a 404', async () => {
      const browser = client()
      const stranger = await browser.get('/own/members')
      expect([stranger.status, new URL(stranger.headers.get('location') ?? '', running.origin).pathname]).toEqual([
        303,
        '/own/form',
      ])
      await browser.post('/sign-in')
      const member = await browser.get('/own/members')
      expect([member.status, member.text]).toEqual([200, expect.stringContaining('for members')])
      expect((await browser.post('/own/missing')).status).toBe(404)
    })
  }

  if (!name.startsWith('React Router')) return
  describe('with its session storage', () => {
    const at = (action: string) => `/own/storage/${action}`
    const cookie = (browser: WebClient) => browser.jar.get('storage')

    it('keeps, rotates at a sign-in, and destroys', async () => {
      const browser = client()
      await browser.post(at('a'))
      const anonymous = cookie(browser)
      await browser.post(at('sign-in'))
      expect(cookie(browser)).not.toBe(anonymous)
      const page = await browser.get(at('x'))
      expect(JSON.parse(page.text)).toMatchObject({ a: true, userId: 'ada' })
      expect(page.text).not.toContain(cookie(browser))
      const signedIn = new WebClient(running.origin, running.knownAs, browser.jar)
      await browser.post(at('destroy'))
      expect(cookie(browser)).toBe(undefined)
      expect(JSON.parse((await signedIn.get(at('x'))).text)).toEqual({ id: '' })
    })

    it('keeps what another request has committed meanwhile, and never brings back what has ended', async () => {
      const browser = client()
      await browser.post(at('a'))
      expect((await browser.post(at('slow'))).status).toBe(200)
      expect(JSON.parse((await browser.get(at('x'))).text)).toMatchObject({ a: true, slow: true, meanwhile: true })
      expect(await browser.post(at('late'))).toMatchObject({ status: 409, cookies: [] })
      expect(JSON.parse((await browser.get(at('x'))).text)).toEqual({ id: '' })
    })

    it('answers 503 where a commit fails', async () => {
      expect(await client().post(at('large'))).toMatchObject({ status: 503, cookies: [] })
    })
  })
})
