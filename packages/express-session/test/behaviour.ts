import type { Store } from 'express-session'
import { expressApp, gate, type Route } from './server.ts'

/** What a store does where requests of one session meet. */
export interface Behaviour {
  lateSave: 'signs in again' | 'stays out'
  readOnly: 'undoes a write' | 'keeps it'
  keysOf20: number
  rememberMe: 'forgotten' | 'stored'
}

/** Tries it by real requests to a real Express. */
export async function behaviourOf(store: Store): Promise<Behaviour> {
  return {
    lateSave: (await comesBack(store)) ? 'signs in again' : 'stays out',
    readOnly: (await undoesWrite(store)) ? 'undoes a write' : 'keeps it',
    keysOf20: await keysOf20(store),
    rememberMe: (await forgetsMaxAge(store)) ? 'forgotten' : 'stored',
  }
}

/** The row of the README's table. */
export function rowOf(name: string, { lateSave, readOnly, keysOf20, rememberMe }: Behaviour): string {
  return `| ${name} | ${lateSave} | ${readOnly} | ${keysOf20 === 20 ? 20 : 'fewer'} | ${rememberMe} |`
}

const routes: Record<string, Route> = {
  '/login': (request, response) => {
    request.session.user = 'ada'
    response.json('in')
  },
  '/rename': (request, response) => {
    request.session.user = 'grace'
    response.json('set')
  },
  '/user': (request, response) => response.json(request.session.user ?? null),
  '/logout': (request, response) => request.session.destroy(() => response.json('out')),
}

async function comesBack(store: Store): Promise<boolean> {
  const slow = gate()
  const browser = await expressApp(store, {
    ...routes,
    '/slow': async (request, response) => {
      request.session.page = 'slow'
      await slow.pass()
      response.json('done')
    },
  })
  await browser.ask('/login')
  const late = browser.tab().ask('/slow')
  await slow.arrived
  await browser.tab().ask('/logout')
  slow.open()
  await late
  return (await browser.body('/user')) === 'ada'
}

async function undoesWrite(store: Store): Promise<boolean> {
  const slow = gate()
  const reading: Record<string, Route> = {
    ...routes,
    '/slow': async (_request, response) => {
      await slow.pass()
      response.json('read')
    },
  }
  const browser = await expressApp(store, reading, { resave: true })
  await browser.ask('/login')
  const late = browser.tab().ask('/slow')
  await slow.arrived
  await browser.tab().ask('/rename')
  slow.open()
  await late
  return (await browser.body('/user')) === 'ada'
}

async function keysOf20(store: Store): Promise<number> {
  const all = gate()
  let waiting = 0
  const browser = await expressApp(store, {
    ...routes,
    '/set/:key': async (request, response) => {
      waiting += 1
      if (waiting === 20) all.open()
      await all.pass()
      request.session[request.params.key as string] = true
      response.json('set')
    },
    '/keys': (request, response) => response.json(Object.keys(request.session).filter((key) => /^k\d/.test(key))),
  })
  await browser.ask('/login')
  await Promise.all(Array.from({ length: 20 }, (_, n) => browser.tab().ask(`/set/k${n}`)))
  return ((await browser.body('/keys')) as string[]).length
}

async function forgetsMaxAge(store: Store): Promise<boolean> {
  const browser = await expressApp(store, {
    ...routes,
    '/remember': (request, response) => {
      request.session.cookie.maxAge = 30 * 86_400_000
      response.json('remembered')
    },
    '/maxAge': (request, response) => response.json(request.session.cookie.originalMaxAge),
  })
  await browser.ask('/login')
  await browser.ask('/remember')
  return (await browser.body('/maxAge')) === null
}
