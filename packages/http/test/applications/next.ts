import { type Application, answerFile } from './application.ts'

/** Route handlers, a page on the server, and a proxy that lets nobody in who is not signed in. */
export const next: Application = {
  packages: ['next', 'react', 'react-dom'],
  build: ['npx', 'next', 'build'],
  start: (port) => ({ command: ['node_modules/.bin/next', 'start', '-p', String(port)] }),
  files: {
    'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>',
    // Next.js bundles pages, route handlers and the proxy apart from each other: what is in memory must be one.
    'sessions.js': `
import { httpSessions } from '@sess/http'
import { memoryStore } from '@sess/memory'
globalThis.sessions ??= httpSessions(memoryStore({ maxBytes: 2_000 }))
export const sessions = globalThis.sessions
`,
    'answer.js': answerFile,
    'app/[action]/route.js': `
import { nextRoute } from '@sess/http/next'
import { answer } from '../../answer.js'
import { sessions } from '../../sessions.js'
export const POST = nextRoute(sessions, async (session, _request, { params }) => {
  const { status, text } = await answer(session, (await params).action)
  return new Response(text, { status })
})
`,
    'app/own/form/sign-in/route.js': `
import { redirect } from 'next/navigation'
import { nextRoute } from '@sess/http/next'
import { sessions } from '../../../../sessions.js'
export const POST = nextRoute(sessions, async (session, request) => {
  const form = await request.formData()
  await session.signIn({ providerId: 'form', externalId: String(form.get('name')) })
  redirect('/own/form')
})
`,
    'app/own/missing/route.js': `
import { notFound } from 'next/navigation'
import { nextRoute } from '@sess/http/next'
import { sessions } from '../../../sessions.js'
export const POST = nextRoute(sessions, () => notFound())
`,
    'app/own/form/page.js': `
import { headers } from 'next/headers'
import { nextSession } from '@sess/http/next'
import { sessions } from '../../../sessions.js'
export default async function Page() {
  const session = await nextSession(sessions, await headers())
  return <p>{'signed in: ' + (session.identity?.externalId ?? 'nobody')}</p>
}
`,
    'app/own/members/page.js': 'export default () => <p>for members</p>',
    'proxy.js': `
import { NextResponse } from 'next/server'
import { sessions } from './sessions.js'
export const proxy = (request) =>
  sessions.handle(request, (session) =>
    session.identity ? NextResponse.next() : NextResponse.redirect(new URL('/own/form', request.url), 303),
  )
export const config = { matcher: '/own/members' }
`,
  },
}
