import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'

const packages = fileURLToPath(new URL('packages', import.meta.url))

/** Tests that are too long for `npm test`: other versions of drivers, and clusters of databases. */
const matrixTests = '**/*.matrix.test.ts'

/** Ends the servers that tests share. */
const sharedServers = './packages/testkit/src/vitest-global-setup.ts'

export default defineConfig({
  resolve: {
    // The packages are tested from their source, without a build. tsconfig.base.json says the same.
    alias: [
      { find: /^@sess\/([\w-]+)$/, replacement: `${packages}/$1/src/index.ts` },
      { find: /^@sess\/([\w-]+)\/([\w-]+)$/, replacement: `${packages}/$1/src/$2/index.ts` },
    ],
  },
  test: {
    // Half of the time is spent waiting for servers.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 120_000, // a hook may start a real server, and install it the first time
    projects: [
      {
        extends: true,
        test: {
          name: 'source',
          globalSetup: sharedServers,
          include: ['{packages,examples}/*/test/**/*.test.ts', 'bench/test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, matrixTests],
          typecheck: {
            enabled: true,
            include: ['packages/*/test/**/*.test-d.ts'],
            tsconfig: './tsconfig.test-d.json', // not all of the sources again: `tsc` has been through them
          },
        },
      },
      {
        extends: true,
        test: {
          name: 'matrix',
          globalSetup: sharedServers,
          include: [`{packages,examples}/*/test/${matrixTests}`, `test/${matrixTests}`],
        },
      },
      {
        extends: true,
        test: {
          name: 'packages-built',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, matrixTests],
          globalSetup: [sharedServers, 'test/installed-packages.ts'],
        },
      },
    ],
  },
})
