import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { describe, expect, inject, it } from 'vitest'
import { ceilings } from './release/ceilings.ts'

const packages = inject('packages')
const project = inject('project')

describe.each(packages)('$name, as it would be published', ({ name, folder, tarball, entries }) => {
  const manifest = JSON.parse(execFileSync('tar', ['xzf', tarball, '-O', 'package/package.json'], { encoding: 'utf8' }))

  it('holds what is built, its manifest, its README and its licence, and nothing else', () => {
    const files = execFileSync('tar', ['--list', '--file', tarball], { encoding: 'utf8' }).trim().split('\n')
    const roots = new Set(files.map((file) => file.split('/')[1]))
    roots.delete('CHANGELOG.md') // from the first release on
    expect([...roots].sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json', 'src'])
  })

  it('costs no more than its ceiling', () => {
    const ceiling = ceilings[name.replace('@sess/', '')]
    const packedKib = statSync(tarball).size / 1024
    console.log(`${name}: ${packedKib.toFixed(1)} KiB packed, of at most ${ceiling?.packedKib}`)
    expect(packedKib).toBeLessThanOrEqual(ceiling?.packedKib ?? 0)
    expect(Object.keys(manifest.dependencies ?? {}).sort()).toEqual(ceiling?.dependencies)
  })

  it('says where it comes from, and how it is built before it is packed', () => {
    const place = `packages/${basename(folder)}`
    expect(manifest).toMatchObject({
      // The first whose require() takes ES modules; the first that better-sqlite3 does not crash.
      engines: { node: name === '@sess/sqlite' ? '>=22.14' : '>=22.12' },
      homepage: `https://github.com/sess-js/sess/tree/main/${place}#readme`,
      repository: { type: 'git', url: 'git+https://github.com/sess-js/sess.git', directory: place },
      bugs: 'https://github.com/sess-js/sess/issues',
      license: 'MIT',
      publishConfig: { access: 'public' },
    })
    const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    expect(scripts.prepack).toBe('node ../../scripts/prepack.mjs')
  })

  it('is required from CommonJS too', () => {
    const specifiers = entries.map((entry) => entry.replace('.', name))
    const script = specifiers.map((specifier) => `require('${specifier}')`).join('\n')
    execFileSync('node', ['--input-type=commonjs', '--eval', script], { cwd: project })
  })

  it('has maps of its code and of its declarations, to source that is there', () => {
    const dist = join(project, 'node_modules', name, 'dist')
    const built = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(js|d\.ts)$/.test(file))
    expect(built.length).toBeGreaterThan(1)
    for (const file of built) {
      const map = join(dist, `${file}.map`)
      expect(readFileSync(join(dist, file), 'utf8')).toContain(`//# sourceMappingURL=${basename(map)}`)
      const { sources, sourceRoot = '' } = JSON.parse(readFileSync(map, 'utf8'))
      for (const source of sources) expect(join(dirname(map), sourceRoot, source)).toSatisfy(existsSync)
    }
  })

  it('is without a finding of publint', async () => {
    const data = readFileSync(tarball)
    const { messages, pkg } = await publint({
      strict: true,
      pack: { tarball: data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) },
    })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  it('has types that are right for every importer of ES modules', async () => {
    const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)))
    if (!result.types) throw new Error('There are no types at all')
    // The packages are ESM only: how require() and resolution before package.json#exports see them does not matter.
    const esmOnly = result.problems.filter(
      (problem) => !('resolutionKind' in problem && ['node10', 'node16-cjs'].includes(problem.resolutionKind)),
    )
    expect(esmOnly).toEqual([])
  })

  it.each(entries)('exports from %s what the source exports', async (entry) => {
    const specifier = entry.replace('.', name)
    const script = `console.log(JSON.stringify(Object.keys(await import('${specifier}'))))`
    const built = execFileSync('node', ['--input-type=module', '--eval', script], { cwd: project, encoding: 'utf8' })
    const source = await import(`${folder}/src${entry.slice(1)}/index.ts`)
    expect(JSON.parse(built).sort()).toEqual(Object.keys(source).sort())
  })
})
