import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** Runs a command to its end, and gives what it printed; rejects with that where it fails. */
export async function run(cwd: string, env: NodeJS.ProcessEnv, command: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 })
    return stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`)
  }
}

/** The repository as somebody else would clone it who has all that is here and not ignored, without dependencies. */
export class FreshClone {
  readonly folder: string
  readonly #env: NodeJS.ProcessEnv

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.folder = folder
    this.#env = env
  }

  static async of(root: string, folder: string, env: NodeJS.ProcessEnv): Promise<FreshClone> {
    const files = await run(root, env, 'git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard')
    for (const file of new Set(files.split('\0').filter((file) => file !== '' && existsSync(join(root, file))))) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      cpSync(join(root, file), join(folder, file))
    }
    const clone = new FreshClone(folder, env)
    await clone.run('git', 'init', '--quiet', '--initial-branch=main')
    await clone.commit('everything')
    return clone
  }

  run(command: string, ...args: string[]): Promise<string> {
    return run(this.folder, this.#env, command, ...args)
  }

  async commit(message: string): Promise<void> {
    const who = ['-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@localhost', '-c', 'commit.gpgsign=false']
    await this.run('git', 'add', '--all')
    await this.run('git', ...who, 'commit', '--quiet', `--message=${message}`)
  }

  /** Adds a changeset, and versions what it names. */
  async version(bumps: Record<string, 'patch' | 'minor' | 'major'> = {}): Promise<void> {
    const lines = Object.entries(bumps).map(([name, bump]) => `"${name}": ${bump}`)
    if (lines.length > 0) {
      writeFileSync(join(this.folder, '.changeset/rehearsed.md'), ['---', ...lines, '---', '', 'Rehearsed.'].join('\n'))
      await this.commit('a change')
    }
    await this.run('npm', 'run', '--silent', 'release:version')
    await this.commit('versions')
  }

  manifest(name: string): { version: string; dependencies: Record<string, string> } {
    return JSON.parse(readFileSync(join(this.folder, 'packages', name, 'package.json'), 'utf8'))
  }

  /** The versions of the public packages, by the names of their folders. */
  versions(names: readonly string[]): Record<string, string> {
    return Object.fromEntries(names.map((name) => [name, this.manifest(name).version]))
  }
}
