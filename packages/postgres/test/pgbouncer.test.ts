import { shared, startPgBouncer } from '@sess/testkit'
import postgres from 'postgres'
import { afterAll, describe, expect, test } from 'vitest'
import { clientKinds, newest } from './clients.ts'
import { outcomeOf, patiently, untilDone } from './faults.ts'
import { onServer } from './on-server.ts'

onServer(
  'postgres15',
  'behind a PgBouncer that pools transactions and takes no limits for statements',
  async (server) => {
    const direct = (await shared('postgres15')).url
    const admin = postgres(direct, { max: 2, onnotice() {} })
    const bouncer = await startPgBouncer(server)
    afterAll(async () => {
      await admin.end({ timeout: 1 })
      await bouncer.stop()
    })
    const kinds = clientKinds(newest)

    describe.each(kinds)('a store over $name', (kind) => {
      test('works, and a late statement is cancelled through it', async () => {
        const table = `bounced_${kinds.indexOf(kind)}`
        const { store, endClient } = kind.open(bouncer.url, { table, timeoutMs: 500, prepare: false })
        await untilDone(() => store.count())
        const { id } = await store.create({ data: { n: 1 } })
        const waiting = () => admin`select 1 from pg_stat_activity
        where wait_event_type = 'Lock' and query like ${`%${table}%`} and query not like 'select 1%'`
        const holder = await admin.reserve()
        await holder.unsafe(`begin; select 1 from ${table} for update`)
        expect(await outcomeOf(store.touch(id))).toBe('SESS_TIMEOUT')
        await expect.poll(waiting, patiently).toHaveLength(0)
        await holder.unsafe('rollback')
        holder.release()
        await untilDone(() => store.touch(id))
        await store.close()
        await endClient()
        await admin.unsafe(`drop table ${table}, ${table}_states`)
      })
    })
  },
)
