import type { BackendName } from './subjects/backends.ts'

/** Does the same with each backend. What fails with one is told, makes the command fail in the end, and ends none of the others. */
export async function eachBackend(
  backends: readonly BackendName[],
  work: (backend: BackendName) => Promise<void>,
): Promise<void> {
  for (const backend of backends) {
    try {
      await work(backend)
    } catch (error) {
      console.error(`${backend}:`, error)
      process.exitCode = 1
    }
  }
}
