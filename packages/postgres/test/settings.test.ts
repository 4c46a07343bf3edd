import { expect, test } from 'vitest'
import { faultGround, kinds } from './faults.ts'
import { onServer } from './on-server.ts'

/** What a role or a database may be set to, and what would change an answer or refuse a statement that relied on the usual. */
const settings = {
  array_nulls: 'off',
  client_encoding: 'LATIN1',
  default_transaction_deferrable: 'on',
  default_transaction_isolation: 'serializable',
  extra_float_digits: '-15',
  row_security: 'off',
  search_path: 'nowhere',
  standard_conforming_strings: 'off',
  transform_null_equals: 'on',
  timezone: 'Pacific/Kiritimati',
  datestyle: 'SQL, DMY',
}

onServer('postgres15', 'settings of the role', async () => {
  const { admin, openNamed, role } = await faultGround()

  test.each(kinds)('change no answer of a store over $name', async (kind) => {
    const { name, url } = await role('superuser')
    for (const [setting, value] of Object.entries(settings)) {
      await admin.unsafe(`alter role ${name} set ${setting} = ${setting === 'datestyle' ? value : `'${value}'`}`)
    }
    const { store } = await openNamed<{ n?: number; text?: string }>(kind, { at: url })
    const identity = { providerId: 'github', externalId: 'user_888' }
    const data = { n: 1, text: "a quote ' and a backslash \\ and zażółć 🎉" }
    const made = await Promise.all(Array.from({ length: 40 }, () => store.create({ data, identity })))
    const loaded = await Promise.all(made.map(({ id }) => store.load(id)))
    expect(loaded.map((session) => session?.data)).toEqual(made.map(() => data))
    const touched = await Promise.all(made.map(({ id }) => store.touch(id)))
    expect(touched.filter((expiry) => expiry instanceof Date)).toHaveLength(40)
    const saved = await Promise.all(made.map((session) => store.save({ ...session, data: { ...data, n: 2 } })))
    expect(saved.map((session) => session.data.n)).toEqual(made.map(() => 2))
    const rotated = await Promise.all(made.slice(0, 10).map(({ id }) => store.rotate(id)))
    expect(rotated).not.toContain(null)
    expect(await store.listByIdentity(identity)).toHaveLength(40)
    expect(await store.deleteByIdentity(identity)).toBe(40)
    expect(await store.count()).toBe(0)
    await store.cleanExpired()
  })
})
