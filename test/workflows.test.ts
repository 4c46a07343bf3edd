import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { serverNames, variables } from '@sess/testkit'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const folder = '.github/workflows'
const files = readdirSync(folder)
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
const known = new Set([...Object.values(variables), 'SESS_TEST_SKIP', 'SESS_TEST_MONGODB_URL'])

describe.each(files)('%s', (file) => {
  const text = readFileSync(join(folder, file), 'utf8')

  it('is a workflow whose jobs may do no more than they say', () => {
    const { jobs, permissions } = parse(text)
    expect(Object.keys(jobs)).not.toEqual([])
    expect(permissions).toEqual({ contents: 'read' })
  })

  it('runs scripts that there are', () => {
    const run = [...text.matchAll(/npm (?:run (?:--silent )?([\w:]+)|(test)\b)/g)].map(
      ([, name, test = '']) => name ?? test,
    )
    expect(run.filter((name) => !(name in scripts))).toEqual([])
  })

  it('names variables and servers that the tests know', () => {
    const named = [...text.matchAll(/\bSESS_TEST_\w+/g)].map(([name]) => name)
    expect(named.filter((name) => !known.has(name))).toEqual([])
    const skipped = [...text.matchAll(/\bskip: (.*)/g)].flatMap(([, list = '']) => list.split(','))
    expect(skipped.filter((name) => !serverNames.some((each) => each === name))).toEqual([])
  })
})
