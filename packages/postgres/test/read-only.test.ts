import { expect, test } from 'vitest'
import { faultGround, kinds, outcomeOf, untilDone } from './faults.ts'
import { onServer } from './on-server.ts'

onServer('postgres15', 'a server that became read-only', async () => {
  const { admin, openNamed, role } = await faultGround()

  test.each(kinds)('is left by a store over $name', async (kind) => {
    const { name, url } = await role('superuser')
    const { store } = await openNamed(kind, { at: url })
    const { id } = await store.create()
    // Connections made from now on reach "the old primary"; several of them, as a store in use has.
    await admin.unsafe(`alter role ${name} set default_transaction_read_only = on`)
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${name}`
    await untilDone(() => store.load(id))
    await Promise.all(Array.from({ length: 8 }, () => Promise.all([store.load(id), store.count(), store.ping()])))
    expect(await outcomeOf(store.touch(id))).toBe('SESS_UNAVAILABLE')
    // And the name leads to the new one.
    await admin.unsafe(`alter role ${name} reset default_transaction_read_only`)
    if (kind.name === 'a client of postgres.js') return // it has its connections for as long as they last
    expect(await store.touch(id)).toBeInstanceOf(Date)
    expect(await Promise.all([store.touch(id), store.create(), store.create()])).not.toContain(null)
  })
})
