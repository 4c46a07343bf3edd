import { SessionError } from '@sess/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AppHere, startAppHere } from './app-here.ts'
import { countOn, firefox, safari, visibleText } from './browser.ts'

let app: AppHere
beforeEach(async () => {
  app = await startAppHere()
})
afterEach(() => app[Symbol.asyncDispose]())

describe('a newcomer', () => {
  it('is given no cookie before there is something to keep', async () => {
    const browser = app.browser()
    const home = await browser.get('/')
    expect(visibleText(home.text)).toContain('Nobody is signed in here')
    expect(home.headers.getSetCookie()).toEqual([])
    expect(await app.store.count()).toBe(0)
  })

  it('signs in, sees the session, and signs out', async () => {
    const browser = app.browser()
    const home = await browser.signIn('ada')
    expect(home.status).toBe(200)
    expect(visibleText(home.text)).toContain('Ada Lovelace')
    expect(visibleText(home.text)).toContain('Firefox on Linux')
    expect(visibleText(home.text)).toContain('This device')

    const after = await browser.follow(browser.post('/sign-out'))
    expect(visibleText(after.text)).toContain('You are signed out')
    expect(browser.cookies.has('sess')).toBe(false)
    expect(await app.store.count()).toBe(0)
  })

  it('may cancel, and stays a stranger', async () => {
    const browser = app.browser()
    const home = await browser.signIn('')
    expect(visibleText(home.text)).toContain('The sign-in was cancelled')
    expect(visibleText(home.text)).toContain('Nobody is signed in here')
  })
})

describe('a sign-in', () => {
  it('gives the session a new id and keeps what was in it', async () => {
    const browser = app.browser()
    await browser.post('/counter', { times: '20' })
    const anonymousId = browser.cookies.get('sess') as string
    const home = await browser.signIn()
    expect(countOn(home.text)).toBe(20)
    expect(browser.cookies.get('sess')).not.toBe(anonymousId)
    expect(await app.store.load(anonymousId)).toBeNull()
    expect(await app.store.count()).toBe(1)
  })

  it('leaves somebody who planted a live session id with nothing', async () => {
    const attacker = app.browser()
    await attacker.post('/counter')
    const victim = app.browser(safari)
    victim.cookies.set('sess', attacker.cookies.get('sess') as string)

    const home = await victim.signIn('grace')
    expect(visibleText(home.text)).toContain('Grace Hopper')
    expect(visibleText((await attacker.get('/')).text)).toContain('Nobody is signed in here')
  })

  it('never adopts an id that the store did not make', async () => {
    const planted = 'p'.repeat(43)
    const victim = app.browser()
    victim.cookies.set('sess', planted)
    await victim.signIn()
    expect(victim.cookies.get('sess')).not.toBe(planted)
    expect(await app.store.exists(planted)).toBe(false)
  })

  it('as another person does not hand over the data of the one before', async () => {
    const browser = app.browser()
    await browser.signIn('ada')
    await browser.post('/counter', { times: '20' })
    const idOfAda = browser.cookies.get('sess') as string
    const home = await browser.signIn('katherine')
    expect(visibleText(home.text)).toContain('Katherine Johnson')
    expect(countOn(home.text)).toBe(0)
    expect(await app.store.exists(idOfAda)).toBe(false)
  })

  it('is done once it is done: the browser has the new id, though the devices beyond twenty could not be signed out', async () => {
    const unavailable = () => Promise.reject(new SessionError('SESS_UNAVAILABLE', 'gone for a moment'))
    await using cutOff = await startAppHere({ failing: { deleteByIdentity: unavailable } })
    const browser = cutOff.browser()
    expect((await browser.signIn('ada')).status).toBe(503)
    expect(visibleText((await browser.get('/')).text)).toContain('Ada Lovelace')
  })

  it('as the same person again keeps the data under a new id', async () => {
    const browser = app.browser()
    await browser.signIn('ada')
    await browser.post('/counter')
    const formerId = browser.cookies.get('sess') as string
    const home = await browser.signIn('ada')
    expect(countOn(home.text)).toBe(1)
    expect(await app.store.exists(formerId)).toBe(false)
  })
})

describe('the callback', () => {
  it('works once: a replay is refused and changes nothing', async () => {
    const browser = app.browser()
    const redirect = await browser.signInUpToCallback('ada')
    const callback = redirect.headers.get('location') as string
    expect((await browser.get(callback)).status).toBe(303)

    const id = browser.cookies.get('sess')
    const replay = await browser.get(callback)
    expect(replay.status).toBe(400)
    expect(visibleText(replay.text)).toContain('This sign-in cannot be finished')
    expect(browser.cookies.get('sess')).toBe(id)
  })

  it('is won by one of two at the same moment', async () => {
    const browser = app.browser()
    const { headers } = await browser.signInUpToCallback('ada')
    const callback = headers.get('location') as string
    const answers = await Promise.all([browser.get(callback), browser.get(callback), browser.get(callback)])
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 400, 400])
  })

  it('refuses another User-Agent, and the attempt burns the state', async () => {
    const browser = app.browser(firefox)
    const { headers } = await browser.signInUpToCallback('ada')
    browser.headers = { 'user-agent': safari }
    expect((await browser.get(headers.get('location') as string)).status).toBe(400)
    browser.headers = { 'user-agent': firefox }
    expect((await browser.get(headers.get('location') as string)).status).toBe(400)
  })

  it('refuses a sign-in that another browser of the same make began', async () => {
    const attacker = app.browser()
    const { headers } = await attacker.signInUpToCallback('grace')
    const victim = app.browser()
    await victim.post('/counter')
    expect((await victim.get(headers.get('location') as string)).status).toBe(400)
    expect(visibleText((await victim.get('/')).text)).toContain('Nobody is signed in here')
  })

  it('refuses a state that is too old', async () => {
    const browser = app.browser()
    const { headers } = await browser.signInUpToCallback('ada')
    app.pass(10 * 60_000)
    expect((await browser.get(headers.get('location') as string)).status).toBe(400)
  })

  it('refuses a code in the place of a state, and a state in the place of a code', async () => {
    const browser = app.browser()
    const first = new URL((await browser.signInUpToCallback('ada')).headers.get('location') as string, app.origin)
    const { code = '', state = '' } = Object.fromEntries(first.searchParams)
    const second = new URL((await browser.signInUpToCallback('ada')).headers.get('location') as string, app.origin)
    expect((await browser.get(`/sign-in/callback?state=${code}&code=${state}`)).status).toBe(400)
    second.searchParams.set('code', state)
    expect((await browser.get(second.href)).status).toBe(400)
  })

  it.each(['', 'state=', 'state=x&code=y', `state=${'a'.repeat(5000)}`, 'state=%00&code=%00', 'state=%27%22*&error=x'])(
    'answers ?%s with a page that says how to go on',
    async (query) => {
      const browser = app.browser()
      await browser.post('/counter')
      const answer = await browser.get(`/sign-in/callback?${query}`)
      expect(answer.status).toBe(400)
      expect(answer.text).toContain('href="/"')
    },
  )
})

describe('the identity provider', () => {
  it.each([
    ['another application', 'client_id', 'evil'],
    ['another place to return to', 'redirect_uri', 'https://evil.example/callback'],
    ['a challenge that is no hash', 'code_challenge', 'x'],
    ['a plain challenge', 'code_challenge_method', 'plain'],
  ])('refuses %s', async (_what, name, value) => {
    const browser = app.browser()
    const begun = await browser.post('/sign-in')
    const url = new URL(begun.headers.get('location') as string, app.origin)
    url.searchParams.set(name, value)
    expect((await browser.get(url.href)).status).toBe(400)
    const form = { ...Object.fromEntries(url.searchParams), person: 'ada' }
    expect((await browser.post('/idp/authorize', form)).status).toBe(400)
  })

  it('gives a person only for the verifier of the challenge', async () => {
    const browser = app.browser()
    const begun = await browser.post('/sign-in')
    const url = new URL(begun.headers.get('location') as string, app.origin)
    url.searchParams.set('code_challenge', 'A'.repeat(43))
    const form = { ...Object.fromEntries(url.searchParams), person: 'ada' }
    const { headers } = await browser.post('/idp/authorize', form)
    expect((await browser.get(headers.get('location') as string)).status).toBe(400)
  })
})
