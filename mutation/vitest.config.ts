import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))
const packages = `${root}packages`

/** The tests that a mutant must fail; the environment says which. Nothing of types, nothing of what is built. */
export default defineConfig({
  root,
  resolve: {
    alias: [
      { find: /^@sess\/([\w-]+)$/, replacement: `${packages}/$1/src/index.ts` },
      { find: /^@sess\/([\w-]+)\/([\w-]+)$/, replacement: `${packages}/$1/src/$2/index.ts` },
    ],
  },
  test: {
    include: (process.env.SESS_MUTATION_TESTS ?? 'packages/*/test/**/*.test.ts').split(','),
    exclude: ['**/*.matrix.test.ts'],
    globalSetup: `${packages}/testkit/src/vitest-global-setup.ts`,
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
})
