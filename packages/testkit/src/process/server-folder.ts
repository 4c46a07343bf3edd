import { randomBytes } from 'node:crypto'
import { chown, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Owner } from './unprivileged-user.ts'
import { tellWatchdog } from './watchdog.ts'

/** Makes a temporary folder that is deleted with this process at the latest. */
export async function makeServerFolder(name: string, owner?: Owner | null): Promise<string> {
  const folder = join(tmpdir(), `sess-${name}-${randomBytes(6).toString('hex')}`)
  await tellWatchdog({ do: 'keep-clean', folder }) // before there is one, so that there is no moment to be killed in
  await mkdir(folder, { mode: 0o700 }) // fails where somebody else has made it
  if (owner) await chown(folder, owner.uid, owner.gid)
  return folder
}

/** Deletes such a folder now. */
export async function removeServerFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  await tellWatchdog({ do: 'folder-is-gone', folder })
}
