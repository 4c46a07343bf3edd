import { isSessionError } from '@sess/core'
import { mysqlStore } from '@sess/mysql'

/** What the parent asks for: `create` a number of sessions, or `count` up a number of times in one session. */
export type Task = { create: number } | { count: number; id: string }

const [url = '', table = ''] = process.argv.slice(2)
const store = mysqlStore<{ n: number }>({ url, table, cleanupInterval: false, timeoutMs: 30_000 })

process.on('message', (task: Task) => {
  run(task).then(
    (ids) => process.send?.({ ids }),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})

async function run(task: Task): Promise<string[]> {
  if ('create' in task) {
    const sessions = Array.from({ length: task.create }, (_, n) => store.create({ data: { n } }))
    return (await Promise.all(sessions)).map(({ id }) => id)
  }
  for (let done = 0; done < task.count; ) {
    try {
      const session = await store.update(task.id, ({ data }) => {
        data.n += 1
      })
      if (session === null) throw new Error('the session is gone')
      done += 1
    } catch (error) {
      if (!isSessionError(error, 'SESS_CONFLICT')) throw error
    }
  }
  return []
}

process.send?.('ready')
