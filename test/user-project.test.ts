import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { build as esbuild } from 'esbuild'
import { rollup } from 'rollup'
import { describe, expect, inject, it } from 'vitest'
import webpack from 'webpack'

const project = inject('project')
const packages = inject('packages')
const backends = packages.filter(({ registers }) => registers).map(({ name }) => name)
const drivers = packages.flatMap((each) => each.drivers)
const stores = backends.map((name) => name.replace('@sess/', '')).sort()

const runNode = (file: string): string => execFileSync('node', [file], { cwd: project, encoding: 'utf8' }).trim()

describe('a bundle in which the stores are imported for their registration alone', () => {
  const entry = join(project, 'entry.js')
  const imports = backends.map((name) => `import '${name}'`)
  const main = `import { registeredStores } from '@sess/core'\nconsole.log(registeredStores().join())`
  writeFileSync(entry, [...imports, main].join('\n'))

  it('keeps them with esbuild', async () => {
    const outfile = join(project, 'esbuild.mjs')
    await esbuild({
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: drivers,
      treeShaking: true,
      minify: true,
    })
    expect(runNode(outfile)).toBe(stores.join())
  })

  it('keeps them with rollup', async () => {
    const file = join(project, 'rollup.mjs')
    const bundle = await rollup({ input: entry, external: drivers, plugins: [nodeResolve()] })
    await bundle.write({ file, format: 'esm', inlineDynamicImports: true })
    expect(runNode(file)).toBe(stores.join())
  })

  it('keeps them with webpack', async () => {
    const compiler = webpack({
      mode: 'production',
      target: 'node22',
      context: project,
      entry,
      output: { path: project, filename: 'webpack.mjs', module: true, chunkFormat: 'module' },
      experiments: { outputModule: true },
      externalsType: 'module',
      externals: drivers,
    })
    await new Promise<void>((resolve, reject) => {
      compiler.run((error, stats) => {
        if (error || stats?.hasErrors()) reject(error ?? new Error(stats?.toString()))
        else resolve()
      })
    })
    expect(runNode(join(project, 'webpack.mjs'))).toBe(stores.join())
  })
})

describe('a TypeScript program', () => {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')

  it.each(['nodenext', 'bundler'])('compiles against every entry point with %s resolution', (moduleResolution) => {
    const specifiers = packages.flatMap(({ name, entries }) => entries.map((entry) => entry.replace('.', name)))
    const file = join(project, `${moduleResolution}.ts`)
    writeFileSync(
      file,
      [
        ...specifiers.map((specifier, index) => `import * as m${index} from '${specifier}'`),
        `import { openStore } from '@sess/core'`,
        `export const modules = [${specifiers.map((_, index) => `m${index}`)}]`,
        `export const opened = openStore({ type: 'sqlite', config: { path: './sessions.db' } })`,
        `// @ts-expect-error: what is installed types what a store is opened with`,
        `export const refused = openStore({ type: 'sqlite', config: { path: 1 } })`,
      ].join('\n'),
    )
    const module = moduleResolution === 'bundler' ? 'preserve' : moduleResolution
    const resolution = ['--module', module, '--moduleResolution', moduleResolution]
    const options = ['--noEmit', '--strict', '--target', 'es2024', '--skipLibCheck', ...resolution]
    const compiler = spawnSync('node', [tsc, ...options, file], { cwd: project, encoding: 'utf8' })
    expect(compiler.stdout).toBe('')
    expect(compiler.status).toBe(0)
  })
})
