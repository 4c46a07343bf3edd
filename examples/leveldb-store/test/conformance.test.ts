import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeConformance } from '@sess/core/conformance'
import { ClassicLevel } from 'classic-level'
import { describe, it } from 'vitest'
import { Database } from '../src/database.ts'
import { levelStore } from '../src/index.ts'

const folders = new WeakMap<object, string>()

const levelOf = (store: object) => Database.in(folders.get(store) as string).level

describeConformance(
  { describe, it },
  {
    takesOptions: true,
    open(options) {
      const folder = mkdtempSync(join(tmpdir(), 'leveldb-store-'))
      const store = levelStore({ ...options, path: folder })
      folders.set(store, folder)
      return store
    },
    openPeer: (store, options) => levelStore({ ...options, path: folders.get(store) as string }),
    teardown: (store) => rmSync(folders.get(store) as string, { recursive: true }),
    dump: async (store) => JSON.stringify(await levelOf(store).iterator().all()),
    async damage(store, idOrState) {
      const key = createHash('sha256').update(idOrState).digest('base64url')
      for (const name of [`session ${key}`, `state ${key}`]) {
        const text = await levelOf(store).get(name)
        if (text === undefined) continue
        const record = JSON.parse(text)
        await levelOf(store).put(name, JSON.stringify({ ...record, payload: record.payload.slice(1) }))
      }
    },
    // The folder is taken away, and another opens it: nobody else can.
    async outage(store) {
      await levelOf(store).close()
      const taker = new ClassicLevel(folders.get(store) as string)
      await taker.open()
      return { end: () => taker.close().then(() => levelOf(store).open()) }
    },
  },
)
