import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { mysqlStore } from '@sess/mysql'
import { shared } from '@sess/testkit'
import { afterEach, expect, test } from 'vitest'
import { engines } from './engines.ts'
import { asRoot, dropTables, freshTable } from './harness.ts'
import type { Task } from './processes/writer.ts'

const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill()
})

/** A process of its own with a store on the table, ready to be told what to do. */
async function writer(url: string, table: string): Promise<ChildProcess> {
  const [program, imports] = ['writer.ts', 'source-imports.ts'].map((name) =>
    join(import.meta.dirname, 'processes', name),
  )
  const child = fork(program ?? '', [url, table], { execArgv: ['--import', imports ?? '', '--no-warnings'] })
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

test.each(engines)(
  'on %s, ten processes make the same tables at once, write to them at once, and no update is lost',
  async (name) => {
    const server = await shared(name)
    const table = freshTable()
    const writers = await Promise.all(Array.from({ length: 10 }, () => writer(server.url, table)))

    const ids = await Promise.all(writers.map((child) => tell(child, { create: 50 })))
    {
      await using store = mysqlStore<{ n: number }>({ url: server.url, table })
      expect(await store.count()).toBe(500)
      expect(new Set(ids.flat()).size).toBe(500)

      const { id } = await store.create({ data: { n: 0 } })
      await Promise.all(writers.map((child) => tell(child, { count: 10, id })))
      expect((await store.load(id))?.data).toEqual({ n: 100 })
    }
    await asRoot(server, (root) => dropTables(root, table))
  },
  60_000,
)
