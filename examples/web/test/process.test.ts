import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppProcess } from './app-process.ts'
import { Browser, countOn, visibleText } from './browser.ts'

let folder: string
let storeUrl: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sess-example-'))
  storeUrl = `sqlite:${encodeURIComponent(join(folder, '50% of sessions?.db'))}`
})
afterEach(() => rm(folder, { recursive: true }))

describe('on a SQLite file', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('a sign-in outlives a restart after %s', async (signal) => {
    await using first = await AppProcess.start(storeUrl)
    const browser = new Browser(first.origin)
    await browser.signIn('grace')
    await browser.post('/counter')
    await first.end(signal)

    await using second = await AppProcess.start(storeUrl)
    const later = new Browser(second.origin)
    later.cookies.set('sess', browser.cookies.get('sess') as string)
    const { text } = await later.get('/')
    expect(visibleText(text)).toContain('Grace Hopper')
    expect(visibleText(text)).toContain('SQLite 50% of sessions?.db')
    expect(countOn(text)).toBe(1)
  })

  it('two processes share the sessions: counts add up, a callback finds its state, a sign-out is seen at once', async () => {
    await using one = await AppProcess.start(storeUrl)
    await using two = await AppProcess.start(storeUrl)
    const first = new Browser(one.origin)
    const { headers } = await first.signInUpToCallback('ada')
    const second = new Browser(two.origin)
    for (const [name, value] of first.cookies) second.cookies.set(name, value)
    expect((await second.get(headers.get('location') as string)).status).toBe(303)
    first.cookies.set('sess', second.cookies.get('sess') as string)

    const presses = [first, second].flatMap((browser) => Array.from({ length: 25 }, () => browser.post('/counter')))
    await Promise.all(presses)
    expect(countOn((await first.get('/')).text)).toBe(50)

    await first.post('/sign-out')
    expect(visibleText((await second.get('/')).text)).toContain('Nobody is signed in here')
  })

  it('nothing that it prints holds an id, a state or a code', async () => {
    await using app = await AppProcess.start(storeUrl)
    const browser = new Browser(app.origin)
    const { headers } = await browser.signInUpToCallback('ada')
    const callback = new URL(headers.get('location') as string, app.origin)
    const bound = [...browser.cookies.values()]
    await browser.follow(browser.get(callback.href))
    await browser.get(callback.href)
    expect(await app.end('SIGTERM')).toBe(0)

    expect(app.out).toMatch(/^GET \/sign-in\/callback 303 /m)
    const secrets = [...bound, browser.cookies.get('sess'), ...callback.searchParams.values()]
    for (const secret of secrets) expect(app.out + app.err).not.toContain(secret)
  })
})

describe('main.ts', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('ends with code 0 at %s', async (signal) => {
    await using app = await AppProcess.start(storeUrl)
    await new Browser(app.origin).get('/')
    expect(await app.end(signal)).toBe(0)
    expect(app.err).toBe('')
  })

  it('listens on this machine alone', async () => {
    await using app = await AppProcess.start('memory:')
    expect(app.origin).toMatch(/^http:\/\/localhost:\d+$/)
    const { port } = new URL(app.origin)
    await expect(fetch(`http://127.0.0.2:${port}/`)).rejects.toThrow()
  })

  it('takes the port from PORT', async () => {
    await using app = new AppProcess(['memory:'], { PORT: '0' })
    await app.untilItSays(/^http:/m)
    expect((await new Browser(app.origin).get('/')).status).toBe(200)
  })

  it('says that the port is taken, and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    await using app = new AppProcess([storeUrl, '--port', String(port)])
    expect(await app.end()).toBe(1)
    expect(app.err).toContain(`Port ${port} is taken`)
    expect(app.err).toContain(`npm start -- --port ${port + 1}`)
    other.close()
  })

  it('says which stores there are when the URL names none of them', async () => {
    await using app = new AppProcess(['carrier-pigeon://coop', '--port', '0'])
    expect(await app.end()).toBe(1)
    expect(app.err).toMatch(/^SESS_UNKNOWN_STORE: .*'carrier-pigeon:'/)
  })

  it('says that the store does not answer, without the password in its URL', async () => {
    await using app = new AppProcess(['redis://:hunter2@127.0.0.1:1', '--port', '0'])
    expect(await app.end()).toBe(1)
    expect(app.err).toMatch(/^SESS_UNAVAILABLE: /)
    expect(app.out + app.err).not.toContain('hunter2')
  })

  it.each([
    [['--port', '70000'], "'70000' is not"],
    [['--port', ''], "'' is not"],
    [['--colour'], "Unknown option '--colour'"],
    [['memory:', 'memory:'], 'One store URL is enough'],
  ])('refuses %j', async (args, message) => {
    await using app = new AppProcess(args)
    expect(await app.end()).toBe(1)
    expect(app.err).toContain(message)
  })

  it('explains itself with --help', async () => {
    await using app = new AppProcess(['--help'])
    expect(await app.end()).toBe(0)
    expect(app.out).toContain('Usage: npm start')
  })
})
