import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { describe, expect, inject, it } from 'vitest'

const packages = inject('packages')
const project = inject('project')

describe.each(packages)('$name, as it would be published', ({ name, folder, tarball, entries }) => {
  it('holds what is built, its manifest, its README and its licence, and nothing else', () => {
    const files = execFileSync('tar', ['--list', '--file', tarball], { encoding: 'utf8' }).trim().split('\n')
    const roots = new Set(files.map((file) => file.split('/')[1]))
    roots.delete('CHANGELOG.md') // from the first release on
    console.log(`${name}: ${(statSync(tarball).size / 1024).toFixed(1)} KiB packed, ${files.length} files`)
    expect([...roots].sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json'])
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
