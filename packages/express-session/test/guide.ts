import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import express, { type RequestHandler } from 'express'
import { expect, onTestFinished, vi } from 'vitest'
import { type Browser, browserOf, secret } from './server.ts'

/** Where the pages of the site on frameworks lie. */
const pages = join(import.meta.dirname, '../../../docs/adapters')

/** The JavaScript of a page that stands under this heading. */
export function codeUnder(page: string, heading: string): string {
  const text = readFileSync(join(pages, `${page}.md`), 'utf8')
  const [, section] = text.split(new RegExp(`^#+ ${heading}$`, 'm'))
  const [, code] = /^```js\n(.*?)^```$/ms.exec(section ?? '') ?? []
  if (code === undefined) throw new Error(`${page} has no code under ${heading}`)
  return code
}

/** What a file with this code exports. Until the test is over it sees the given environment. No timer of it keeps the process. */
export async function moduleOf<Module>(code: string, environment: Record<string, string> = {}): Promise<Module> {
  const folder = mkdtempSync(join(import.meta.dirname, '../.guide-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'code.js')
  writeFileSync(file, code)
  for (const [name, value] of Object.entries({ SESSION_SECRET: secret, ...environment })) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const start = globalThis.setInterval
  vi.spyOn(globalThis, 'setInterval').mockImplementation(((...args: Parameters<typeof start>) =>
    start(...args).unref()) as typeof start)
  try {
    return await import(/* @vite-ignore */ file)
  } finally {
    vi.restoreAllMocks()
  }
}

/** A page's code as it was before the move, as it is while sessions move, and as it is at the end. */
export function statesOf(code: string): { before: string; moving: string; after: string } {
  const without = (mark: string) =>
    code
      .split('\n')
      .filter((line) => !line.endsWith(`// [!code ${mark}]`))
      .join('\n')
  const moving = without('--')
  return { before: without('++'), moving, after: moving.replace(', { fallback: before }', '') }
}

export interface Guided {
  readonly sessions: RequestHandler
  readonly client?: { close(): unknown }
  readonly pool?: { end(): unknown }
}

/** A browser of an Express application with the `sessions` of a guide. Their client is closed when the test is over. */
export async function applicationOf(code: string, environment: Record<string, string>): Promise<Browser> {
  const { sessions, client, pool } = await moduleOf<Guided>(code, environment)
  onTestFinished(async () => {
    await client?.close()
    await pool?.end()
  })
  const app = express()
  app.use(sessions)
  app.get('/login', (request, response) => {
    request.session.user = 'ada'
    response.json('in')
  })
  app.get('/user', (request, response) => void response.json(request.session.user ?? null))
  app.get('/logout', (request, response) => request.session.destroy(() => response.json('out')))
  return browserOf(createServer(app))
}

/** Goes through a guide: who is signed in before the move is signed in after it, and a logout is for good. */
export async function moveIn(heading: string, environment: Record<string, string>): Promise<void> {
  const states = statesOf(codeUnder('moving-in', heading))
  const before = await applicationOf(states.before, environment)
  const moving = await applicationOf(states.moving, environment)
  const after = await applicationOf(states.after, environment)
  for (const leaves of [false, true]) {
    before.cookie = undefined
    await before.ask('/login')
    const { cookie } = before
    expect(cookie).toMatch(/^connect\.sid=/)
    for (const browser of [moving, after]) browser.cookie = cookie
    expect(await after.body('/user')).toBeNull()
    after.cookie = cookie
    expect(await moving.body('/user')).toBe('ada')
    expect(await after.body('/user')).toBe('ada')
    // It has moved: the old store has it no longer.
    expect(await before.body('/user')).toBeNull()
    if (!leaves) continue
    await moving.ask('/logout')
    for (const browser of [before, moving, after]) {
      browser.cookie = cookie
      expect(await browser.body('/user')).toBeNull()
    }
  }
}

/** Signs people in and out of an application that a page of the site shows. */
export async function useApplication(open: () => Promise<Browser>): Promise<void> {
  const [phone, laptop] = [await open(), await open()]
  expect(await phone.body('/me')).toEqual({ user: null })
  for (const browser of [phone, laptop]) {
    expect((await browser.ask('/sign-in/ada', 'POST')).body).toEqual({ user: 'ada' })
    expect(await browser.body('/me')).toEqual({ user: 'ada' })
  }
  expect((await phone.ask('/sign-out-everywhere', 'POST')).body).toEqual({ ended: 2 })
  for (const browser of [phone, laptop]) expect(await browser.body('/me')).toEqual({ user: null })
  await phone.ask('/sign-in/ada', 'POST')
  const { cookie } = phone
  expect((await phone.ask('/sign-out', 'POST')).body).toEqual({ user: null })
  phone.cookie = cookie
  expect(await phone.body('/me')).toEqual({ user: null })
}
