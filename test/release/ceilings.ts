/**
 * What a package may cost who installs it: KiB of its tarball, and the packages that come with it, drivers aside. Who must go
 * above one changes it here, and says why in the change.
 */
export const ceilings: Record<string, { packedKib: number; dependencies: readonly string[] }> = {
  'better-auth': { packedKib: 20, dependencies: ['@sess/core'] },
  // A half of it is the conformance suite, which an application does not load.
  core: { packedKib: 500, dependencies: ['@standard-schema/spec', 'valibot'] },
  'express-session': { packedKib: 40, dependencies: ['@sess/core'] },
  http: { packedKib: 55, dependencies: ['@remix-run/node-fetch-server', '@sess/core', 'cookie'] },
  memory: { packedKib: 24, dependencies: ['@sess/core'] },
  mysql: { packedKib: 70, dependencies: ['@sess/core', '@sess/sql'] },
  postgres: { packedKib: 80, dependencies: ['@sess/core', '@sess/sql'] },
  redis: { packedKib: 110, dependencies: ['@sess/core'] },
  sql: { packedKib: 100, dependencies: [] },
  sqlite: { packedKib: 32, dependencies: ['@sess/core', '@sess/sql'] },
}
