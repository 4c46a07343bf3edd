import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const script = join(process.cwd(), 'scripts/release/changeset-check.mjs')
let repository: string

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(repository, path)), { recursive: true })
    writeFileSync(join(repository, path), text)
  }
}

function git(...args: string[]): void {
  const who = ['-c', 'user.name=somebody', '-c', 'user.email=somebody@localhost', '-c', 'commit.gpgsign=false']
  execFileSync('git', [...who, ...args], { cwd: repository, stdio: 'ignore' })
}

const manifest = (name: string, version: string) => JSON.stringify({ name, version })

/** What the check says about a pull request with these files. */
function check(files: Record<string, string>): { code: number | null; said: string } {
  write(files)
  git('add', '--all')
  git('commit', '--message=the pull request')
  const { status, stderr } = spawnSync(process.execPath, [script, 'main'], { cwd: repository, encoding: 'utf8' })
  return { code: status, said: stderr }
}

beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), 'sess-changesets-'))
  git('init', '--initial-branch=main')
  write({
    'packages/one/package.json': manifest('@sess/one', '0.1.0'),
    'packages/one/src/index.ts': '',
    'packages/two/package.json': manifest('@sess/two', '0.1.0'),
    'packages/kit/package.json': JSON.stringify({ name: '@sess/kit', private: true }),
    '.changeset/older.md': '---\n"@sess/one": patch\n---\n\nWhat somebody else did.\n',
  })
  git('add', '--all')
  git('commit', '--message=main')
  git('switch', '--create', 'change')
})
afterEach(() => rmSync(repository, { recursive: true }))

describe('a pull request', () => {
  it('that changes a package without a changeset fails', () => {
    const { code, said } = check({ 'packages/one/src/index.ts': 'export {}' })
    expect(said).toContain('@sess/one has changed')
    expect(code).toBe(1)
  })

  it('whose changeset names another package fails', () => {
    const changeset = '---\n"@sess/two": patch\n---\n\nSomething.\n'
    expect(check({ 'packages/one/src/index.ts': 'export {}', '.changeset/mine.md': changeset }).code).toBe(1)
  })

  it('whose changeset names the package passes, with any bump', () => {
    const changeset = "---\n'@sess/one': none\n---\n\nSomething.\n"
    expect(check({ 'packages/one/src/index.ts': 'export {}', '.changeset/mine.md': changeset })).toEqual({
      code: 0,
      said: '',
    })
  })

  it('that changes tests, private packages or nothing of a package passes', () => {
    const files = { 'packages/one/test/one.test.ts': '', 'packages/kit/src/index.ts': '', 'scripts/some.mjs': '' }
    expect(check(files)).toEqual({ code: 0, said: '' })
  })

  it('that gives versions passes', () => {
    const files = { 'packages/one/package.json': manifest('@sess/one', '0.1.1'), 'packages/one/README.md': 'new' }
    expect(check(files)).toEqual({ code: 0, said: '' })
  })
})
