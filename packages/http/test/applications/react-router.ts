import { type Application, answerFile } from './application.ts'

/** The middleware under every route, and a session storage for routes that are written for one. */
const files = (future: string) => ({
  'vite.config.js': `
import { reactRouter } from '@react-router/dev/vite'
export default { plugins: [reactRouter()] }
`,
  'react-router.config.js': `export default { ssr: true, ${future} }`,
  'app/root.jsx': `
import { Outlet, Scripts } from 'react-router'
import { reactRouterMiddleware } from '@sess/http/react-router'
import { sessions } from './sessions.server.js'
export const middleware = [reactRouterMiddleware(sessions)]
export default () => <html><body><Outlet /><Scripts /></body></html>
`,
  'app/routes.js': `
import { route } from '@react-router/dev/routes'
export default [
  route('own/form', 'form.jsx'),
  route('own/storage/:action', 'storage.js'),
  route(':action', 'action.js'),
]
`,
  'app/sessions.server.js': `
import { httpSessions } from '@sess/http'
import { createSessionStorage } from '@sess/http/react-router'
import { memoryStore } from '@sess/memory'
const store = memoryStore({ maxBytes: 2_000 })
export const sessions = httpSessions(store)
export const storage = createSessionStorage(httpSessions(store, { cookie: '__Host-storage' }), {
  secure: false,
  identity: ({ userId }) => (userId ? { providerId: 'local', externalId: userId } : null),
})
`,
  'app/answer.js': answerFile,
  'app/action.js': `
import { sessionContext } from '@sess/http/react-router'
import { answer } from './answer.js'
export async function action({ context, params }) {
  const { status, text } = await answer(context.get(sessionContext), params.action)
  return new Response(text, { status })
}
`,
  'app/form.jsx': `
import { redirect } from 'react-router'
import { sessionContext } from '@sess/http/react-router'
export const loader = ({ context }) => ({ name: context.get(sessionContext).identity?.externalId ?? 'nobody' })
export async function action({ context, request }) {
  const form = await request.formData()
  await context.get(sessionContext).signIn({ providerId: 'form', externalId: String(form.get('name')) })
  throw redirect('/own/form', 303)
}
export default ({ loaderData }) => <form method="post"><input name="name" /><p>{'signed in: ' + loaderData.name}</p></form>
`,
  'app/storage.js': `
import { storage } from './sessions.server.js'
const { getSession, commitSession, destroySession } = storage
export async function loader({ request }) {
  const session = await getSession(request.headers.get('Cookie'))
  return Response.json({ ...session.data, id: session.id })
}
export async function action({ params, request }) {
  const session = await getSession(request.headers.get('Cookie'))
  if (params.action === 'destroy') return new Response('out', { headers: { 'Set-Cookie': await destroySession(session) } })
  if (params.action === 'sign-in') session.set('userId', 'ada')
  else session.set(params.action, true)
  if (params.action === 'slow') {
    const other = await getSession(request.headers.get('Cookie'))
    other.set('meanwhile', true)
    await commitSession(other)
  }
  if (params.action === 'late') await destroySession(await getSession(request.headers.get('Cookie')))
  if (params.action === 'large') session.set('large', 'x'.repeat(3_000))
  return new Response('ok', { headers: { 'Set-Cookie': await commitSession(session) } })
}
`,
})

const application = (version: string, future: string, vite: string): Application => ({
  packages: [
    ...['react-router', '@react-router/dev', '@react-router/node', '@react-router/serve'].map(
      (name) => `${name}@${version}`,
    ),
    'isbot@5',
    'react@19',
    'react-dom@19',
    vite,
  ],
  build: ['npx', 'react-router', 'build'],
  start: () => ({ command: ['node_modules/.bin/react-router-serve', 'build/server/index.js'] }),
  files: files(future),
})

export const reactRouter7 = application('7.18.4', 'future: { v8_middleware: true }', 'vite@7')
export const reactRouter8 = application('8.4.0', '', 'vite')
