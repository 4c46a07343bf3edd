import { expressStore } from '@sess/express-session'
import { memoryStore } from '@sess/memory'
import { expect } from 'vitest'
import type { Peer } from './peers.ts'
import { expressApp, type Route } from './server.ts'

const routes: Record<string, Route> = {
  '/login': (request, response) => {
    request.session.user = 'ada'
    response.json('in')
  },
  '/user': (request, response) => response.json(request.session.user ?? null),
  '/logout': (request, response) => request.session.destroy(() => response.json('out')),
}

/** Signs in with the old store, goes on with the new one that has it as its fallback, and signs out for good. */
export async function fromPeer(open: Peer['open']): Promise<void> {
  await using old = await open()
  const options = { cookie: { maxAge: 600_000 } }
  const before = await expressApp(old, routes, options)
  await before.ask('/login')
  const store = expressStore(memoryStore(), { fallback: old })
  const after = await expressApp(store, routes, options)
  after.cookie = before.cookie
  expect(await after.body('/user')).toBe('ada')
  expect(await before.body('/user')).toBeNull()
  await after.ask('/logout')
  after.cookie = before.cookie
  expect(await after.body('/user')).toBeNull()
}
