import { runCommand } from './run-command.ts'

export interface Owner {
  uid: number
  gid: number
}

/** Whom root runs a server as that refuses to run as root; null when this process is not root: it runs as itself. */
export async function unprivilegedUser(): Promise<Owner | null> {
  if (process.getuid?.() !== 0) return null
  for (const name of ['postgres', 'nobody']) {
    const ids = [runCommand('id', ['-u', name]), runCommand('id', ['-g', name])]
    const [uid, gid] = await Promise.all(ids).catch(() => [])
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error('this server refuses to run as root, and there is neither a user postgres nor a user nobody')
}
