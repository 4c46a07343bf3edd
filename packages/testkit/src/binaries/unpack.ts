import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { withLock } from '../process/lock.ts'
import { runCommand } from '../process/run-command.ts'
import { cacheFolder, removeLeftovers, unfinishedPrefix } from './cache-folder.ts'
import { downloadPackage, type Suite } from './debian.ts'

/** Programs of a Debian package, to be run from a folder of the testkit's own. */
export interface DebianPrograms {
  suite: Suite
  /** The package that apt is asked for. */
  name: string
  /** The packages that hold the programs and their files. Of the rest of the closure only libraries are unpacked. */
  unpack: readonly string[]
  /** Paths of the programs, from the root of a file system. */
  programs: readonly string[]
}

/** Returns the folder with a package unpacked, each of its programs ready to run; downloads it if it is not there. */
export async function unpackedPackage(wanted: DebianPrograms): Promise<string> {
  const cache = cacheFolder()
  const root = join(cache, `${wanted.name}-${wanted.suite}-${process.arch}`)
  if (existsSync(root)) return root
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) {
    throw new Error(`${wanted.name} can be downloaded on Debian only`)
  }
  await mkdir(cache, { recursive: true })
  await withLock(root, async () => {
    if (existsSync(root)) return // another process unpacked it while this one waited
    await removeLeftovers(cache)
    const temporary = await mkdtemp(join(cache, unfinishedPrefix))
    try {
      await chmod(temporary, 0o755) // see cacheFolder: others run what is in it
      await unpackInto(temporary, wanted)
      await Promise.all(wanted.programs.map((program) => bindToOwnLoader(temporary, root, program)))
      await rename(temporary, root) // complete, or not there at all
    } catch (error) {
      await rm(temporary, { recursive: true, force: true })
      // A container that shares this cache does not share the lock; who comes second is content with the first's work.
      if (!existsSync(root)) throw error
    }
  })
  return root
}

async function unpackInto(root: string, wanted: DebianPrograms): Promise<void> {
  const downloads = join(root, 'downloads')
  const debs = await downloadPackage(wanted.suite, wanted.name, cacheFolder(), downloads)
  const chosen = debs.filter((deb) => {
    const name = basename(deb).split('_')[0] ?? ''
    return name.startsWith('lib') || wanted.unpack.includes(name)
  })
  for (const deb of chosen) await runCommand('dpkg', ['--extract', deb, root])
  await rm(downloads, { recursive: true })
  await chmod(root, 0o755) // a package's own root folder may have said otherwise
}

/**
 * Puts a script in a program's place that runs it with the loader and the libraries of its own folder: its C library
 * may be newer than the machine's. A script, because programs start each other (initdb starts postgres).
 */
async function bindToOwnLoader(temporary: string, root: string, program: string): Promise<void> {
  const triplets = (await readdir(join(temporary, 'usr/lib'))).filter((name) => name.endsWith('-linux-gnu'))
  const libraries = ['lib', 'usr/lib'].flatMap((folder) => triplets.map((triplet) => join(root, folder, triplet)))
  const loader = await findLoader(temporary)
  const path = join(temporary, program)
  await rename(path, `${path}.bin`)
  const run = `'${join(root, loader)}' --library-path '${libraries.join(':')}' --argv0 "$0"`
  await writeFile(path, `#!/bin/sh\nexec ${run} '${join(root, program)}.bin' "$@"\n`, { mode: 0o755 })
}

async function findLoader(root: string): Promise<string> {
  for (const folder of ['lib64', 'usr/lib64', 'lib', 'usr/lib']) {
    const names = await readdir(join(root, folder)).catch(() => [])
    const loader = names.find((name) => /^ld-linux-.*\.so\.\d$/.test(name))
    if (loader !== undefined) return join(folder, loader)
  }
  throw new Error('the C library that was downloaded has no loader')
}
