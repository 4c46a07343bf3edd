import { existsSync } from 'node:fs'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withLock } from '../process/lock.ts'
import { runCommand } from '../process/run-command.ts'

export type Suite = 'bookworm' | 'unstable'

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
const listsLifeMs = 12 * 60 * 60 * 1000

/**
 * Downloads a Debian package and everything it depends on into `debs`, and returns the paths of the .deb files.
 *
 * apt works on lists, a status and an archive folder of its own, so it needs no root and changes nothing of the system.
 * It still reads the machine's apt.conf (a proxy, for example), and it verifies signatures as ever, against the
 * Debian keyring alone.
 */
export async function downloadPackage(suite: Suite, name: string, cache: string, debs: string): Promise<string[]> {
  const folder = join(cache, 'apt', suite)
  const config = join(folder, 'apt.conf')
  await withLock(folder, () => updateLists(suite, folder, config))
  await mkdir(join(debs, 'partial'), { recursive: true })
  await writeFile(join(debs, 'status'), '') // no package is installed, so that the whole closure is downloaded
  const own = [`-oDir::State::status=${join(debs, 'status')}`, `-oDir::Cache::archives=${debs}`]
  const install = ['install', '--yes', '--download-only', '--no-install-recommends', name]
  await runCommand('apt-get', ['-c', config, ...own, ...install])
  return (await readdir(debs)).filter((file) => file.endsWith('.deb')).map((file) => join(debs, file))
}

async function updateLists(suite: Suite, folder: string, config: string): Promise<void> {
  const updated = join(folder, 'updated')
  const isFresh = await stat(updated)
    .then((stats) => Date.now() - stats.mtimeMs < listsLifeMs)
    .catch(() => false)
  if (isFresh) return
  if (!existsSync(keyring)) throw new Error(`${keyring} is missing: packages cannot be verified`)
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true })
  await mkdir(join(folder, 'archives', 'partial'), { recursive: true })
  await writeFile(join(folder, 'status'), '')
  const source = [
    'Types: deb',
    `URIs: ${await mirror()}`,
    `Suites: ${suite}`,
    'Components: main',
    `Signed-By: ${keyring}`,
  ]
  await writeFile(join(folder, 'debian.sources'), `${source.join('\n')}\n`)
  await writeFile(config, aptConfig(folder))
  const update = () => runCommand('apt-get', ['-c', config, 'update', '-oAPT::Update::Error-Mode=any'])
  // An apt-get whose parent was killed goes on for a while, and has locked the lists.
  await update().catch(() => sleep(5000).then(update))
  await writeFile(updated, '')
}

/** The mirror that this machine is configured to use, as apt itself reads its sources. */
async function mirror(): Promise<string> {
  const uris = await runCommand('apt-get', ['update', '--print-uris'])
  // 'URI/dists/SUITE/InRelease' file size: the first source that is a whole distribution, not its updates or security.
  const found = /^'(\S+?)\/dists\/[a-z]+\/InRelease'/m.exec(uris)
  if (found?.[1] === undefined) throw new Error('apt on this machine has no source of a Debian distribution')
  return found[1]
}

/** Read after the machine's own settings. Hooks are cleared because they refresh caches that belong to the system. */
function aptConfig(folder: string): string {
  return `#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::Etc::sourcelist "${folder}/debian.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::Lists "${folder}/lists";
Dir::State::status "${folder}/status";
Dir::State::extended_states "${folder}/extended_states";
Dir::Cache "${folder}";
Dir::Cache::archives "${folder}/archives";
Dir::Cache::pkgcache "${folder}/pkgcache.bin";
Dir::Cache::srcpkgcache "";
Dir::Log "${folder}";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::AllowInsecureRepositories "false";
APT::Get::AllowUnauthenticated "false";
`
}
