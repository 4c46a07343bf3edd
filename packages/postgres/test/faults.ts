import type { JsonObject } from '@sess/core'
import type { PostgresConfig } from '@sess/postgres'
import { afterEach, expect } from 'vitest'
import { type ClientKind, clientKinds, newest } from './clients.ts'
import { ownSchema } from './server.ts'

export const kinds = clientKinds(newest)

/** A schema on the shared server, and what faults are made and seen with. Everything ends with the test. */
export async function faultGround(at?: string) {
  const ground = await ownSchema('postgres15', at)
  const { admin, schema, url } = ground
  const endings: (() => Promise<unknown>)[] = []
  const atEnd = (end: () => Promise<unknown>) => endings.push(end)
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end()
  })
  let names = 0

  return {
    ...ground,
    atEnd,
    /** A store whose connections have a name of their own at the server; `isCold`: it has not been used yet. */
    async openNamed<Data extends JsonObject = { n?: number }>(
      kind: ClientKind,
      config: PostgresConfig & { max?: number; at?: string; isCold?: boolean } = {},
    ) {
      names += 1
      const name = `${schema}_${names}`
      const table = `t_${names}`
      const { at = url, isCold = false, ...rest } = config
      const { store, endClient } = kind.open<Data>(`${at}?application_name=${name}`, {
        schema,
        table,
        cleanupInterval: false,
        ...rest,
      })
      atEnd(endClient)
      atEnd(() => store.close().catch(() => {}))
      if (!isCold) await untilDone(() => store.count())
      const pids = async (extra = '') => {
        const rows = await admin.unsafe(`select pid from pg_stat_activity where application_name = '${name}' ${extra}`)
        return rows.map(({ pid }) => Number(pid))
      }
      return {
        store,
        table: `${schema}.${rest.table ?? table}`,
        /** The connections of the store at the server. */
        pids,
        /** Those that wait for a lock there. */
        waiting: () => pids(`and wait_event_type = 'Lock'`),
      }
    },
    /** Holds a lock in a transaction; the function that it gives ends that. */
    async hold(statement: string): Promise<() => Promise<void>> {
      const holder = await admin.reserve()
      await holder.unsafe('begin')
      await holder.unsafe(statement)
      let isHeld = true
      const release = async () => {
        if (!isHeld) return
        isHeld = false
        await holder.unsafe('rollback')
        holder.release()
      }
      atEnd(release)
      return release
    },
  }
}

/** For a machine that does other things too. */
export const patiently = { timeout: 20_000, interval: 20 }

/** What became of a call: `'done'`, or the code of its error. */
export const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    (error) => String(error.code ?? error),
  )

export const untilDone = (call: () => Promise<unknown>) => expect.poll(() => outcomeOf(call()), patiently).toBe('done')
