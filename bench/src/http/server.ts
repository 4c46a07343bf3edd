// A process that is a web application of Express with a store of express-session.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import session, { type Store } from 'express-session'
import { dayMs, type SampleContent, sampleContent } from '../sample-session.ts'
import type { ServerCalls } from './messages.ts'
import { answerCalls } from './process.ts'
import { httpSubjects } from './stores.ts'

declare module 'express-session' {
  interface SessionData extends SampleContent {}
}

/** Cookie included; express-session adds what it thinks right. */
const sessionBytes = 500

function application(store: Store) {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.use(
    session({
      store,
      secret: 'a secret of the benchmark',
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: dayMs, sameSite: 'lax' },
    }),
  )
  app.get('/sign-in', (request, response) => {
    const { identity, data } = sampleContent(sessionBytes, { cookie: true })
    Object.assign(request.session, { identity, data: { ...data, counter: 0 } })
    response.json(0)
  })
  app.get('/read', (request, response) => void response.json(request.session.data?.counter ?? null))
  app.get('/change', (request, response) => {
    if (request.session.data !== undefined) request.session.data.counter += 1
    response.json(request.session.data?.counter ?? null)
  })
  return app
}

answerCalls<ServerCalls>({
  async open({ backend, role, place }) {
    const subject = httpSubjects[backend].find((each) => each.role === role)
    if (subject === undefined) throw new Error(`${backend} has no ${role}`)
    const server = createServer(application(await subject.open(place)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  },
  cpuSeconds() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  },
})
