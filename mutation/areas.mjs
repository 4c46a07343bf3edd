/**
 * What is mutated, and by which tests each mutant must be noticed. `mutate` is for Stryker, which changes TypeScript; `texts`
 * names files of mutants that it cannot see, in scripts and statements that stand in strings; those of the SQL engines are under `sql`.
 */
export const areas = {
  store: {
    mutate: ['packages/core/src/store/**/*.ts'],
    tests: ['packages/core/test/store/*.test.ts', 'packages/memory/test/*.test.ts'],
  },
  registry: {
    mutate: [
      'packages/core/src/registry/**/*.ts',
      'packages/core/src/config/**/*.ts',
      'packages/core/src/contract/**/*.ts',
    ],
    tests: ['packages/core/test/registry/*.test.ts', 'packages/memory/test/*.test.ts'],
  },
  sql: {
    mutate: ['packages/sql/src/**/*.ts'],
    tests: ['packages/sql/test/*.test.ts', 'packages/sqlite/test/*.test.ts'],
    texts: ['sql-texts.mjs'],
  },
  memory: { mutate: ['packages/memory/src/**/*.ts'], tests: ['packages/memory/test/*.test.ts'] },
  redis: {
    mutate: ['packages/redis/src/**/*.ts', '!packages/redis/src/*-lua.ts'],
    tests: ['packages/redis/test/*.test.ts'],
    texts: ['redis-texts.mjs'],
  },
  postgres: { mutate: ['packages/postgres/src/**/*.ts'], tests: ['packages/postgres/test/*.test.ts'] },
  mysql: { mutate: ['packages/mysql/src/**/*.ts'], tests: ['packages/mysql/test/*.test.ts'] },
  sqlite: { mutate: ['packages/sqlite/src/**/*.ts'], tests: ['packages/sqlite/test/*.test.ts'] },
}
