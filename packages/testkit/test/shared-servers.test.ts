import { describe, expect, it } from 'vitest'
import { isSkipped, shared, singleNames, variables } from '../src/index.ts'
import { talkTo } from './ask-server.ts'

describe('every server', () => {
  for (const name of singleNames) {
    it.skipIf(isSkipped(name))(`${name} answers its driver`, { timeout: 120_000 }, async () => {
      const address = await shared(name)
      const conversation = await talkTo(name, address)
      const value = `written at ${performance.now()}`
      await conversation.write(value)
      expect(await conversation.read()).toBe(value)
      await conversation.end()
    })
  }

  const versions = { redis7: /^7\./, valkey9: /^9\./, postgres15: /^15\./, 'postgres-newest': /^(1[89]|[2-9]\d)\./ }
  const databases = { pgbouncer: /^1\./, mysql9: /^9\./, mariadb: /^10\.11\./ }
  for (const [name, version] of Object.entries({ ...versions, ...databases })) {
    const server = name as keyof typeof versions
    it.skipIf(isSkipped(server) || process.env[variables[server]])(`${name} is of that version`, async () => {
      expect((await shared(server)).version).toMatch(version)
    })
  }
})

describe('shared', () => {
  it.skipIf(isSkipped('redis7'))('gives the same server to all who ask at once', async () => {
    const addresses = await Promise.all([shared('redis7'), shared('redis7'), shared('redis7')])
    expect(new Set(addresses.map(({ url }) => url)).size).toBe(1)
  })
})
