import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, registeredStores } from '@sess/core'
import { afterAll, expect, test } from 'vitest'
import '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'leveldb-store-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a LevelDB store is opened by its type and by its URL, and what one writes the other reads', async () => {
  expect(registeredStores()).toContain('leveldb')
  const one = await openStore({ type: 'leveldb', config: { path: folder } })
  const other = await openStore(`leveldb:${folder}`)
  const { id } = await one.create()
  await one.close()
  expect(await other.exists(id)).toBe(true)
  await other.close()
  const again = await openStore(`leveldb:${folder}`)
  expect(await again.exists(id)).toBe(true)
  await again.close()
})

test('a path is required, by type and at run time', async () => {
  // @ts-expect-error: path is required
  await expect(openStore({ type: 'leveldb', config: {} })).rejects.toMatchObject({
    code: 'SESS_CONFIG',
    message: expect.stringContaining('path is required'),
  })
})
