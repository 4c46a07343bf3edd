import { statSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * The folder that keeps downloaded servers between runs: `$XDG_CACHE_HOME/sess-testkit`, or `~/.cache/sess-testkit`.
 *
 * PostgreSQL and PgBouncer refuse to run as root, so root starts them as somebody else, who must be able to read this
 * folder. The home of root is usually closed to others; then it is `/var/cache/sess-testkit`.
 */
export function cacheFolder(): string {
  const home = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const isRoot = process.getuid?.() === 0
  return join(isRoot && !isOpenToOthers(home) ? '/var/cache' : home, 'sess-testkit')
}

function isOpenToOthers(folder: string): boolean {
  const stats = statSync(folder, { throwIfNoEntry: false })
  const isOpen = stats === undefined || (stats.mode & 0o001) !== 0
  return isOpen && (folder === dirname(folder) || isOpenToOthers(dirname(folder)))
}

/** How the names of folders begin that are still being filled; a complete one is renamed. */
export const unfinishedPrefix = 'unfinished-'
const leftoverAgeMs = 60 * 60 * 1000

/** Removes what killed processes left unfinished; not what others may be filling at this moment. */
export async function removeLeftovers(cache: string): Promise<void> {
  const names = (await readdir(cache)).filter((name) => name.startsWith(unfinishedPrefix))
  for (const folder of names.map((name) => join(cache, name))) {
    const stats = await stat(folder).catch(() => null)
    if (stats && Date.now() - stats.birthtimeMs > leftoverAgeMs) await rm(folder, { recursive: true, force: true })
  }
}
