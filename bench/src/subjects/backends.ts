import type { ServerName } from '@sess/testkit'
import type { SubjectDefinition } from './subject.ts'

interface Backend {
  /** The server of the testkit; null where the engine is in the process. */
  server: ServerName | null
  /** Loaded when it is measured: one backend needs nothing of the others. */
  subjects: () => Promise<{ subjects: readonly SubjectDefinition[] }>
}

export const backendNames = ['memory', 'sqlite', 'redis', 'postgres', 'mysql', 'mariadb'] as const
export type BackendName = (typeof backendNames)[number]

export const backends: Readonly<Record<BackendName, Backend>> = {
  memory: { server: null, subjects: () => import('./memory.ts') },
  sqlite: { server: null, subjects: () => import('./sqlite.ts') },
  redis: { server: 'redis7', subjects: () => import('./redis.ts') },
  postgres: { server: 'postgres15', subjects: () => import('./postgres.ts') },
  mysql: { server: 'mysql9', subjects: () => import('./mysql.ts') },
  mariadb: { server: 'mariadb', subjects: () => import('./mysql.ts') },
}

export async function subjectsOf(backend: BackendName): Promise<readonly SubjectDefinition[]> {
  return (await backends[backend].subjects()).subjects
}
