import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Express } from 'express'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { applicationOf, codeUnder, moduleOf, moveIn, statesOf, useApplication } from './guide.ts'
import { Browser, browserOf } from './server.ts'

describe('the page Moving in', () => {
  it('moves from better-sqlite3-session-store, and nobody is signed out', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sess-moving-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    await moveIn('better-sqlite3-session-store', { DATABASE_FILE: join(folder, 'sessions.db') })
  })

  it.each(['memorystore', 'MemoryStore, the default of express-session'])('moves from %s', async (heading) => {
    const { before, moving } = statesOf(codeUnder('moving-in', heading))
    expect(before).not.toContain('@sess')
    for (const code of [before, moving]) {
      const browser = await applicationOf(code, {})
      await browser.ask('/login')
      expect(await browser.body('/user')).toBe('ada')
      await browser.ask('/logout')
      expect(await browser.body('/user')).toBeNull()
    }
  })
})

it('the application on the page Express signs in, out, and out everywhere', async () => {
  const { app } = await moduleOf<{ app: Express }>(codeUnder('express', 'Express'))
  await useApplication(() => browserOf(createServer(app)))
})

it('the application on the page Fastify signs in, out, and out everywhere', async () => {
  const { app } = await moduleOf<{ app: FastifyInstance }>(codeUnder('fastify', 'Fastify'))
  onTestFinished(() => app.close())
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  await useApplication(async () => new Browser(origin))
})
