import 'reflect-metadata'
import { Controller, Get, type INestApplication, Module, Param, Post, Req } from '@nestjs/common'
import { isSkipped, type SingleName } from '@sess/testkit'
import type { Request } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { codeUnder, moduleOf, moveIn } from './guide.ts'
import { ownDatabase } from './own-database.ts'
import { Browser } from './server.ts'

const served: [heading: string, server: SingleName, variable: string][] = [
  ['connect-redis', 'redis7', 'REDIS_URL'],
  ['connect-pg-simple', 'postgres15', 'DATABASE_URL'],
  ['express-mysql-session', 'mysql9', 'DATABASE_URL'],
  ['express-mysql-session', 'mariadb', 'DATABASE_URL'],
]

describe('the page Moving in', () => {
  it.each(served.filter(([, server]) => !isSkipped(server)))(
    'moves from %s on %s, and nobody is signed out',
    async (heading, server, variable) => {
      await moveIn(heading, { [variable]: await ownDatabase(server) })
    },
  )
})

/** A controller of an application. Decorators are functions. */
class People {
  me(request: Request) {
    return { user: request.session.user ?? null }
  }

  async signIn(name: string, request: Request) {
    // Express has a callback there, Fastify a promise.
    await new Promise<void>((resolve, reject) => {
      const done: unknown = request.session.regenerate((error: unknown) => (error ? reject(error) : resolve()))
      if (done instanceof Promise) done.then(resolve, reject)
    })
    request.session.user = name
    return { user: name }
  }

  async signOut(request: Request) {
    await new Promise<void>((resolve, reject) => {
      const done: unknown = request.session.destroy((error: unknown) => (error ? reject(error) : resolve()))
      if (done instanceof Promise) done.then(resolve, reject)
    })
    return { user: null }
  }
}
const route = (method: keyof People, path: MethodDecorator, ...parameters: ParameterDecorator[]) => {
  path(People.prototype, method, Object.getOwnPropertyDescriptor(People.prototype, method) as PropertyDescriptor)
  parameters.forEach((decorate, index) => {
    decorate(People.prototype, method, index)
  })
}
Controller()(People)
route('me', Get('me'), Req())
route('signIn', Post('sign-in/:name'), Param('name'), Req())
route('signOut', Post('sign-out'), Req())

class AppModule {}
Module({ controllers: [People] })(AppModule)

it.each(['On Express', 'On Fastify'])('the application on the page NestJS signs in and out: %s', async (heading) => {
  const { createApp } = await moduleOf<{ createApp(module: unknown): Promise<INestApplication> }>(
    codeUnder('nestjs', heading),
    {},
  )
  const app = await createApp(AppModule)
  onTestFinished(() => app.close())
  await app.listen(0, '127.0.0.1')
  const browser = new Browser(await app.getUrl())
  expect(await browser.body('/me')).toEqual({ user: null })
  expect((await browser.ask('/sign-in/ada', 'POST')).body).toEqual({ user: 'ada' })
  const { cookie } = browser
  expect(await browser.tab().body('/me')).toEqual({ user: 'ada' })
  expect((await browser.ask('/sign-out', 'POST')).body).toEqual({ user: null })
  browser.cookie = cookie
  expect(await browser.body('/me')).toEqual({ user: null })
})
