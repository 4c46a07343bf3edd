import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder, removeLeftovers, unfinishedPrefix } from '../binaries/cache-folder.ts'
import { withLock } from './lock.ts'
import { runCommand } from './run-command.ts'
import type { Owner } from './unprivileged-user.ts'

export interface DataTemplate {
  /** For the folder's name: 'mysql'. */
  name: string
  /** All that decides what is in it: the version, the arguments. Another recipe is another template. */
  recipe: readonly string[]
  owner?: Owner | null
  /** Makes the data in a folder that does not exist yet; `scratch` is an empty one around it. */
  make: (data: string, scratch: string) => Promise<void>
}

/**
 * Copies a database server's fresh data to `to`. It is made once, and kept in the cache: that takes MySQL four seconds,
 * and the program that makes it would go on for as long when this process is killed.
 */
export async function copyFreshData(template: DataTemplate, to: string): Promise<void> {
  // Recursive and with owners kept, which Node's own copy cannot do.
  await runCommand('cp', ['-a', await madeTemplate(template), to])
}

async function madeTemplate({ name, recipe, owner, make }: DataTemplate): Promise<string> {
  const cache = cacheFolder()
  const key = createHash('sha256')
    .update(JSON.stringify([recipe, owner ?? process.getuid?.()]))
    .digest('hex')
  const template = join(cache, `data-${name}-${key.slice(0, 12)}`)
  if (existsSync(template)) return template
  await mkdir(cache, { recursive: true })
  await withLock(template, async () => {
    if (existsSync(template)) return
    await removeLeftovers(cache)
    const scratch = await mkdtemp(join(cache, unfinishedPrefix))
    try {
      await chmod(scratch, 0o755)
      if (owner) await chown(scratch, owner.uid, owner.gid)
      await make(join(scratch, 'data'), scratch)
      await rename(join(scratch, 'data'), template) // complete, or not there at all
    } catch (error) {
      if (!existsSync(template)) throw new Error(`${name}: making its data folder failed: ${error}`, { cause: error })
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  })
  return template
}
