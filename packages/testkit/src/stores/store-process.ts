// The program of a child process: one store, and what the parent tells it to do with that.

/** `create` a number of sessions at the same moment, or `add` one a number of times to `data.n` of a session. */
export type StoreTask = { create: number } | { add: number; id: string }

export type StoreAnswer = { ids: string[] } | { error: string }

/** What is used of a store: this package knows none, so that each may be tested with it. */
interface Store {
  create(options: { data: { n: number } }): Promise<{ id: string }>
  update(id: string, change: (session: { data: { n: number } }) => void): Promise<object | null>
  close(): Promise<void>
}

const { type, config } = JSON.parse(process.argv[2] ?? '') as { type: string; config: object }
const { [`${type}Store`]: open } = (await import(`@sess/${type}`)) as Record<string, (config: object) => Store>
if (open === undefined) throw new Error(`@sess/${type} exports no ${type}Store`)
const store = open(config)

process.on('message', (task: StoreTask) => {
  carryOut(task).then(
    (ids) => answer({ ids }),
    (error: unknown) => answer({ error: String(error) }),
  )
})
process.once('disconnect', () => store.close())
answer({ ids: [] })

async function carryOut(task: StoreTask): Promise<string[]> {
  if ('create' in task) {
    const sessions = Array.from({ length: task.create }, () => store.create({ data: { n: 0 } }))
    return (await Promise.all(sessions)).map(({ id }) => id)
  }
  for (let added = 0; added < task.add; ) {
    try {
      const session = await store.update(task.id, ({ data }) => {
        data.n += 1
      })
      if (session === null) throw new Error('the session is gone')
      added += 1
    } catch (error) {
      if ((error as { code?: string }).code !== 'SESS_CONFLICT') throw error
    }
  }
  return []
}

function answer(message: StoreAnswer): void {
  if (process.connected) process.send?.(message)
}
