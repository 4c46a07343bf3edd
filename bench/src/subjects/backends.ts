import type { ServerName } from '@sess/testkit'
import type { SubjectDefinition } from './subject.ts'

interface Backend {
  /** The server of the testkit; null where the engine is in the process. */
  server: ServerName | null
  /** What its server is given at scale, as any would be that keeps so much. */
  scaleArgs?: readonly string[]
  /** Loaded when it is measured: one backend needs nothing of the others. */
  subjects: () => Promise<{ subjects: readonly SubjectDefinition[] }>
}

export const backendNames = ['memory', 'sqlite', 'redis', 'postgres', 'mysql', 'mariadb'] as const
export type BackendName = (typeof backendNames)[number]

/**
 * The default of each, 128 MB, is less than a million sessions take: each row would be one page read and another written.
 * Whoever keeps so much gives them more: the documentation of both speaks of a quarter of the memory, and of half.
 */
const roomInInnodb = ['--innodb-buffer-pool-size=3G']
const roomInPostgres = ['-c', 'shared_buffers=3GB']

export const backends: Readonly<Record<BackendName, Backend>> = {
  memory: { server: null, subjects: () => import('./memory.ts') },
  sqlite: { server: null, subjects: () => import('./sqlite.ts') },
  redis: { server: 'redis7', subjects: () => import('./redis.ts') },
  postgres: { server: 'postgres15', scaleArgs: roomInPostgres, subjects: () => import('./postgres.ts') },
  mysql: { server: 'mysql9', scaleArgs: roomInInnodb, subjects: () => import('./mysql.ts') },
  mariadb: { server: 'mariadb', scaleArgs: roomInInnodb, subjects: () => import('./mysql.ts') },
}

export async function subjectsOf(backend: BackendName): Promise<readonly SubjectDefinition[]> {
  return (await backends[backend].subjects()).subjects
}
