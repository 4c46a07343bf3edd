/** The stores of this project, so that an error can name the package to install. */
export const firstPartyStores: readonly FirstPartyStore[] = [
  { type: 'memory', schemes: ['memory'], package: '@sess/memory' },
  {
    type: 'redis',
    schemes: ['redis', 'rediss', 'redis-cluster', 'redis-sentinel'],
    package: '@sess/redis',
    driver: 'ioredis',
  },
  { type: 'postgres', schemes: ['postgres', 'postgresql'], package: '@sess/postgres', driver: 'postgres' },
  { type: 'mysql', schemes: ['mysql', 'mariadb'], package: '@sess/mysql', driver: 'mysql2' },
  { type: 'sqlite', schemes: ['sqlite'], package: '@sess/sqlite', driver: 'better-sqlite3' },
]

export interface FirstPartyStore {
  readonly type: string
  readonly schemes: readonly string[]
  readonly package: string
  /** The peer dependency that has to be installed beside it. */
  readonly driver?: string
}
