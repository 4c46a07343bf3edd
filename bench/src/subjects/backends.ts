import type { ServerName } from '@sess/testkit'
import { type Role, roles, type SubjectDefinition } from './subject.ts'

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
const roomInPostgres = ['-c', 'shared_buffers=3GB', '-c', 'max_wal_size=4GB']

/** A rewrite of the append-only file takes a core for a minute, from whichever population it meets. */
const noRewrite = ['--auto-aof-rewrite-percentage', '0']

export const backends: Readonly<Record<BackendName, Backend>> = {
  memory: { server: null, subjects: () => import('./memory.ts') },
  sqlite: { server: null, subjects: () => import('./sqlite.ts') },
  redis: { server: 'redis7', scaleArgs: noRewrite, subjects: () => import('./redis.ts') },
  postgres: { server: 'postgres15', scaleArgs: roomInPostgres, subjects: () => import('./postgres.ts') },
  mysql: { server: 'mysql9', scaleArgs: roomInInnodb, subjects: () => import('./mysql.ts') },
  mariadb: { server: 'mariadb', scaleArgs: roomInInnodb, subjects: () => import('./mysql.ts') },
}

/** Those that there are for a backend, or of them those with one of these roles. */
export async function subjectsOf(
  backend: BackendName,
  chosen: readonly Role[] = roles,
): Promise<readonly SubjectDefinition[]> {
  return (await backends[backend].subjects()).subjects.filter(({ role }) => chosen.includes(role))
}
