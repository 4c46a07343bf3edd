import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { run } from './fresh-clone.ts'

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')

/** A project of somebody who uses sess, with npm. */
export class UserProject {
  readonly folder: string
  readonly #env: NodeJS.ProcessEnv

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.folder = folder
    this.#env = env
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }))
  }

  async install(...packages: string[]): Promise<void> {
    await run(this.folder, this.#env, 'npm', 'install', '--no-audit', '--no-fund', ...packages)
  }

  /** Every copy of a package of ours that is installed: its folder below node_modules, and its version. */
  async installed(): Promise<Record<string, string>> {
    const { packages } = JSON.parse(readFileSync(join(this.folder, 'package-lock.json'), 'utf8'))
    const ours = Object.entries<{ version: string }>(packages).filter(([path]) => /(^|\/)@sess\/[\w-]+$/.test(path))
    return Object.fromEntries(ours.map(([path, { version }]) => [path.replace(/^node_modules\//, ''), version]))
  }

  has(path: string): boolean {
    return existsSync(join(this.folder, path))
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8')
  }

  /** Runs a module, and gives what it printed. */
  async node(code: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const file = join(this.folder, 'program.mjs')
    writeFileSync(file, code)
    return (await run(this.folder, { ...this.#env, ...env }, process.execPath, file)).trim()
  }

  /** What the compiler says about a program; nothing where it is right. */
  async check(code: string): Promise<string> {
    writeFileSync(join(this.folder, 'program.ts'), code)
    const options = ['--noEmit', '--strict', '--target', 'es2024', '--module', 'nodenext']
    try {
      return await run(this.folder, this.#env, process.execPath, tsc, ...options, '--skipLibCheck', 'program.ts')
    } catch (error) {
      return (error as Error).message
    }
  }
}
