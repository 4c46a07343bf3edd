import postgres from 'postgres'
import { afterAll, expect, test } from 'vitest'
import { Fence } from '../src/fence.ts'
import { onServer } from './on-server.ts'

onServer('postgres15', 'what was left behind at the server', ({ url }) => {
  const sql = postgres(url, { max: 2, onnotice() {} })
  afterAll(() => sql.end({ timeout: 1 }))

  const fence = new Fence(async ({ statement, values }) => {
    const rows = await sql.unsafe(statement.text, values as string[]).values()
    return { rows, affected: rows.length }
  })

  test('is ended by its process and the start of that: a later process with the number is spared', async () => {
    const own = postgres(url, { max: 1, onnotice() {} })
    const process = async () => {
      const [row] = await own`select pid, (extract(epoch from backend_start) * 1000000)::bigint as start
        from pg_stat_activity where pid = pg_backend_pid()`
      return { pid: Number(row?.pid), startedAt: String(row?.start) }
    }
    const found = await process()
    fence.add({ ...found, startedAt: '1' })
    await fence.clear()
    expect(await process()).toEqual(found)
    fence.add(found)
    await fence.clear()
    expect(fence.isUp).toBe(false)
    await expect.poll(() => process().catch(() => found), { timeout: 20_000 }).not.toEqual(found)
    await own.end({ timeout: 1 })
  })
})
