import { type Application, answerFile } from './application.ts'

/** Endpoints, a page with a form action, and a redirect out of it. */
export const sveltekit: Application = {
  packages: ['@sveltejs/kit', '@sveltejs/adapter-node', '@sveltejs/vite-plugin-svelte', 'svelte', 'vite'],
  build: ['npx', 'vite', 'build'],
  start: () => ({ command: ['node', 'build'] }),
  isBehindTls: true, // its server takes that for granted
  files: {
    'vite.config.js': `
import { sveltekit } from '@sveltejs/kit/vite'
import adapter from '@sveltejs/adapter-node'
export default { plugins: [sveltekit({ adapter: adapter() })] }
`,
    'src/app.html': '<!doctype html><html><head>%sveltekit.head%</head><body>%sveltekit.body%</body></html>',
    'src/hooks.server.js': `
import { httpSessions } from '@sess/http'
import { sveltekitHandle } from '@sess/http/sveltekit'
import { memoryStore } from '@sess/memory'

export const handle = sveltekitHandle(httpSessions(memoryStore({ maxBytes: 2_000 })))
`,
    'src/answer.js': answerFile,
    'src/routes/[action]/+server.js': `
import { answer } from '../../answer.js'
export async function POST({ locals, params }) {
  const { status, text } = await answer(locals.session, params.action)
  return new Response(text, { status })
}
`,
    'src/routes/own/form/+page.server.js': `
import { redirect } from '@sveltejs/kit'
export const load = ({ locals }) => ({ name: locals.session.identity?.externalId ?? 'nobody' })
export const actions = {
  default: async ({ locals, request }) => {
    const form = await request.formData()
    await locals.session.signIn({ providerId: 'form', externalId: String(form.get('name')) })
    redirect(303, '/own/form')
  },
}
`,
    'src/routes/own/form/+page.svelte': `
<script>let { data } = $props()</script>
<form method="post"><input name="name"><button>Sign in</button></form><p>signed in: {data.name}</p>
`,
  },
}
