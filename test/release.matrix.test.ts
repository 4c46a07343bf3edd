import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeServerFolder, removeServerFolder, shared } from '@sess/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { conformanceProgram } from './release/conformance-program.ts'
import { FreshClone, run } from './release/fresh-clone.ts'
import { type LocalRegistry, startLocalRegistry } from './release/local-registry.ts'
import { UserProject } from './release/user-project.ts'

const names = readdirSync('packages').filter(
  (name) => !JSON.parse(readFileSync(join('packages', name, 'package.json'), 'utf8')).private,
)
const backends = ['memory', 'mysql', 'postgres', 'redis', 'sqlite']
/** What a backend needs beside it, in the versions that this repository has. */
const drivers: Record<string, string[]> = {
  sqlite: ['better-sqlite3'],
  redis: ['ioredis'],
  postgres: ['postgres'],
  mysql: ['mysql2'],
}
const servers: Record<string, () => Promise<{ url: string }>> = {
  redis: () => shared('redis7'),
  postgres: () => shared('postgres15'),
  mysql: () => shared('mysql9'),
}

let registry: LocalRegistry
let folder: string
let clone: FreshClone
let projects = 0

const project = () => new UserProject(join(folder, `project-${projects++}`), registry.env)
const release = (...args: string[]) =>
  clone.run('npm', 'run', '--silent', 'release', '--', '--tested', `--registry=${registry.url}`, ...args)
const newTags = (printed: string) => [...printed.matchAll(/^New tag: (.*)$/gm)].map(([, tag]) => tag).sort()

/** What of the suite a backend fails in a project in which it stands beside some core. */
async function failuresIn(where: UserProject, backend: string): Promise<string[]> {
  const url = (await servers[backend]?.())?.url
  const { passed, failed } = JSON.parse(await where.node(conformanceProgram(backend), { URL: url }))
  expect(passed).toBeGreaterThan(200)
  return failed
}

beforeAll(async () => {
  registry = await startLocalRegistry()
  folder = await makeServerFolder('rehearsal')
  clone = await FreshClone.of(process.cwd(), join(folder, 'clone'), registry.env)
  await clone.run('pnpm', 'install', '--frozen-lockfile', '--prefer-offline')
})
afterAll(async () => {
  await registry?.stop()
  if (folder !== undefined) await removeServerFolder(folder)
})

describe('a release, rehearsed from a fresh clone against a registry of its own', { timeout: 600_000 }, () => {
  it('a package that is packed before anything was built is built by that', async () => {
    await clone.run('pnpm', '--filter=@sess/redis', 'exec', 'pnpm', 'pack', '--out', join(folder, 'redis.tgz'))
    const files = await clone.run('tar', '--list', '--file', join(folder, 'redis.tgz'))
    expect(files).toContain('package/dist/index.js\n')
    expect(files).toContain('package/dist/index.d.ts\n')
  })

  it('npm is refused: what it packs nobody could install', async () => {
    const packing = run(join(clone.folder, 'packages/redis'), registry.env, 'npm', 'pack', '--pack-destination', folder)
    await expect(packing).rejects.toThrow('Only pnpm packs')
  })

  it('nothing is published before it has a version', async () => {
    await expect(release()).rejects.toThrow('0.0.0 is no release')
  })

  it('publishes every package, each with its changes, and once', async () => {
    await clone.version()
    expect(new Set(Object.values(clone.versions(names)))).toEqual(new Set(['0.1.0']))
    expect(newTags(await release())).toEqual(names.map((name) => `@sess/${name}@0.1.0`).sort())
    expect(await release()).toContain('published already')

    const all = project()
    await all.install(...names.map((name) => `@sess/${name}`))
    for (const name of names) {
      expect(all.read(`node_modules/@sess/${name}/CHANGELOG.md`)).toContain('## 0.1.0')
      expect(all.read(`node_modules/@sess/${name}/package.json`)).not.toMatch(/"(workspace|catalog):/)
    }
    const copies = Object.values(await all.installed())
    expect(copies).toHaveLength(names.length)
  })

  it('@sess/redis is released alone, and installed alone', async () => {
    await clone.version({ '@sess/redis': 'patch' })
    expect(newTags(await release('@sess/redis'))).toEqual(['@sess/redis@0.1.1'])
    const alone = project()
    await alone.install('@sess/redis', 'ioredis')
    expect(await alone.installed()).toEqual({ '@sess/core': '0.1.0', '@sess/redis': '0.1.1' })
    const { url } = await shared('redis7')
    const program = `
      import { redisStore } from '@sess/redis'
      const store = redisStore({ url: process.env.URL })
      const { id } = await store.create({ data: { theme: 'dark' } })
      console.log((await store.load(id)).data.theme)
      await store.delete(id)
      await store.close()`
    expect(await alone.node(program, { URL: url })).toBe('dark')
  })

  it('a minor of the core is released alone: it forces no backend', async () => {
    const before = clone.versions(names)
    await clone.version({ '@sess/core': 'minor' })
    expect(clone.versions(names)).toEqual({ ...before, core: '0.2.0' })
    expect(newTags(await release())).toEqual(['@sess/core@0.2.0'])
  })

  it('one package is upgraded, and the others stay', async () => {
    const where = project()
    await where.install(
      '@sess/core@0.1.0',
      '@sess/redis@0.1.0',
      '@sess/sqlite@0.1.0',
      'ioredis',
      ...(drivers.sqlite ?? []),
    )
    await where.install('@sess/redis@latest')
    const others = { '@sess/redis': '0.1.1', '@sess/sql': '0.1.0', '@sess/sqlite': '0.1.0' }
    expect(await where.installed()).toEqual({ '@sess/core': '0.1.0', ...others })
    await where.install('@sess/core@latest')
    expect(await where.installed()).toEqual({ '@sess/core': '0.2.0', ...others })
    const program = `
      import '@sess/redis'
      import '@sess/sqlite'
      import { registeredStores } from '@sess/core'
      console.log(registeredStores().join())`
    expect(await where.node(program)).toBe('redis,sqlite')
  })

  it('an old backend keeps its promises beside a new core', async () => {
    const where = project()
    await where.install('@sess/core@0.2.0', '@sess/sqlite@0.1.0', 'fast-check@4', ...(drivers.sqlite ?? []))
    expect(await where.installed()).toEqual({ '@sess/core': '0.2.0', '@sess/sql': '0.1.0', '@sess/sqlite': '0.1.0' })
    expect(await failuresIn(where, 'sqlite')).toEqual([])
  })

  it('two cores in one project: configuration stays typed, and stores are found', async () => {
    await clone.version({ '@sess/core': 'minor', '@sess/sqlite': 'minor' })
    expect(newTags(await release())).toEqual(['@sess/core@0.3.0', '@sess/sqlite@0.2.0'])
    const where = project()
    await where.install('@sess/core@0.1.0', '@sess/sqlite@0.2.0', ...(drivers.sqlite ?? []))
    expect(await where.installed()).toEqual({
      '@sess/core': '0.1.0',
      '@sess/sql': '0.1.0',
      '@sess/sqlite': '0.2.0',
      '@sess/sqlite/node_modules/@sess/core': '0.3.0',
    })
    const program = `
      import '@sess/sqlite'
      import { openStore } from '@sess/core'
      import { sqliteStore } from '@sess/sqlite'
      export const store = await openStore({ type: 'sqlite', config: { path: ':memory:', ttl: '1h' } })
      // @ts-expect-error: a path is a string
      export const refused = openStore({ type: 'sqlite', config: { path: 1 } })
      // @ts-expect-error: no Database, whether or not the types of better-sqlite3 are there
      export const noDatabase = sqliteStore({ database: { prepare: 1 } })`
    expect(await where.check(program)).toBe('')
    const opening = `
      import '@sess/sqlite'
      import { openStore } from '@sess/core'
      const store = await openStore({ type: 'sqlite', config: { path: ':memory:' } })
      console.log((await store.create({ data: { theme: 'dark' } })).data.theme)`
    expect(await where.node(opening)).toBe('dark')
  })

  it.each(backends)('%s keeps its promises beside the oldest core that it allows', async (backend) => {
    const floor = /^workspace:>=(\d+\.\d+\.\d+) </.exec(clone.manifest(backend).dependencies['@sess/core'] ?? '')?.[1]
    const where = project()
    await where.install(`@sess/core@${floor}`, `@sess/${backend}`, 'fast-check@4', ...(drivers[backend] ?? []))
    expect((await where.installed())['@sess/core']).toBe(floor)
    // One copy of each: the core, the backend, and what it is built with.
    const ours = Object.keys(clone.manifest(backend).dependencies).filter((name) => name.startsWith('@sess/'))
    expect(Object.keys(await where.installed()).sort()).toEqual([`@sess/${backend}`, ...ours].sort())
    expect(await failuresIn(where, backend)).toEqual([])
  })
})
