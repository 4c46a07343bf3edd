import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sqliteStore } from '@sess/sqlite'
import { afterEach, expect, test } from 'vitest'
import type { Task } from './processes/writer.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()
const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill()
  folder.remove()
})

/** A process of its own with a store on the file, ready to be told what to do. */
async function writer(path: string): Promise<ChildProcess> {
  const [program, imports] = ['writer.ts', 'source-imports.ts'].map((name) =>
    join(import.meta.dirname, 'processes', name),
  )
  const child = fork(program ?? '', [path], { execArgv: ['--import', imports ?? '', '--no-warnings'] })
  children.push(child)
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the process ended with ${code}`)))
  ended.catch(() => {})
  await Promise.race([once(child, 'message'), ended])
  return child
}

async function tell(child: ChildProcess, task: Task): Promise<string[]> {
  child.send(task)
  const [answer] = (await once(child, 'message')) as [{ ids: string[] } | { error: string }]
  if ('error' in answer) throw new Error(answer.error)
  return answer.ids
}

test('ten processes make the tables of one new file at once, write to it at once, and none sees it locked', async () => {
  const path = join(folder.path, 'shared.db')
  const writers = await Promise.all(Array.from({ length: 10 }, () => writer(path)))

  const ids = await Promise.all(writers.map((child) => tell(child, { create: 50 })))
  await using store = sqliteStore<{ n: number }>({ path })
  expect(await store.count()).toBe(500)
  expect(new Set(ids.flat()).size).toBe(500)

  const { id } = await store.create({ data: { n: 0 } })
  await Promise.all(writers.map((child) => tell(child, { count: 20, id })))
  expect((await store.load(id))?.data).toEqual({ n: 200 })
}, 60_000)
