import { build } from '../../tsup.base.ts'

const entries = ['fastify', 'hono', 'next', 'node', 'react-router', 'sveltekit']

export default build(['src/index.ts', ...entries.map((entry) => `src/${entry}/index.ts`)])
