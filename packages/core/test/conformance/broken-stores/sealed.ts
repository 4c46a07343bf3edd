import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import type { StoreOptions } from '../../../src/config/store-options.ts'
import type { ConformanceHarness, ConformanceOpenOptions } from '../../../src/conformance/index.ts'
import type { SessionStore } from '../../../src/contract/session-store.ts'
import type { SessionRecord, StateRecord } from '../../../src/store/backend.ts'
import { createSessionStore } from '../../../src/store/create-session-store.ts'
import { MapBackend } from '../../store/map-backend.ts'

/** What stores of one storage share. */
interface Storage {
  readonly records: Map<string, SessionRecord>
  readonly states: Map<string, StateRecord>
}

type Alter = (options: ConformanceOpenOptions) => StoreOptions

/** A store of the core over maps. `alter`: what becomes of the options that a case asks for. */
export function mapHarness(alter: Alter = (options) => options): ConformanceHarness {
  const storages = new WeakMap<SessionStore, Storage>()
  const open = (options: ConformanceOpenOptions, storage: Storage) => {
    const backend = Object.assign(new MapBackend(), storage)
    const store = createSessionStore(backend, alter(options))
    storages.set(store, storage)
    return store
  }
  const storageOf = (store: SessionStore) => storages.get(store) as Storage
  return {
    takesOptions: true,
    open: (options) => open(options, { records: new Map(), states: new Map() }),
    openPeer: (store, options) => open(options, storageOf(store)),
    dump: (store) => inspect(storageOf(store), { depth: 9, maxArrayLength: null, maxStringLength: null }),
    move(store, fromId, toId) {
      const { records } = storageOf(store)
      const recordOf = (id: string) => records.get(createHash('sha256').update(id).digest('base64url')) as SessionRecord
      const [from, to] = [recordOf(fromId), recordOf(toId)]
      records.set(to.key, { ...to, payload: from.payload })
    },
    damage(store) {
      const { records } = storageOf(store)
      for (const [key, record] of records) records.set(key, { ...record, payload: record.payload.slice(0, -9) })
    },
  }
}

interface BrokenOptions {
  readonly defect: string
  readonly caught: Readonly<Record<string, RegExp>>
  readonly harness: ConformanceHarness
}

const broken = (defect: string, alter: Alter, caught: Readonly<Record<string, RegExp>>): BrokenOptions => ({
  defect,
  caught,
  harness: mapHarness(alter),
})

const unsealed: Alter = ({ seal: _, ...options }) => options
const withoutSchema: Alter = ({ data: _data, upgrade: _upgrade, ...options }) => options

export const brokenSealsAndSchemas = [
  broken('nothing is sealed', unsealed, {
    'seal/leaves-nothing-to-be-read': /nothing of it is in the dump/,
    'seal/is-corrupt-without-its-key': /under an unknown key: it resolved/,
    'seal/refuses-what-is-not-sealed': /a session that is not sealed: it resolved/,
    'seal/states-open-with-older-keys': /a state under an unknown key: it resolved/,
    'seal/is-corrupt-to-a-store-without-seal': /in a store without keys: it resolved/,
    'seal/a-moved-value-does-not-open': /a value that was moved here: it resolved/,
    'configuration/of-a-seal': /a seal that is wrong: it resolved/,
  }),
  broken(
    'only the newest key opens',
    (options) => ({ ...options, ...(options.seal && { seal: { keys: options.seal.keys.slice(0, 1) } }) }),
    {
      'seal/opens-with-older-keys': /./,
      'seal/refuses-what-is-not-sealed': /./,
      'seal/people-have-sessions-under-two-keys': /keep counts those under both keys/,
    },
  ),
  broken(
    'the oldest key seals',
    (options) => ({ ...options, ...(options.seal && { seal: { keys: [...options.seal.keys].reverse() } }) }),
    { 'seal/a-rotation-seals-anew': /./ },
  ),
  broken(
    'sealed sessions are kept for nobody',
    ({ seal, ...options }) => ({ ...options, ...(seal && { seal, maxBytes: 10 }) }),
    {
      'seal/keeps-every-promise': /./,
      'seal/is-corrupt-where-it-was-altered': /./,
    },
  ),
  broken('the schema is ignored', withoutSchema, {
    'data-schema/stores-its-output': /save resolves with the output/,
    'data-schema/refuses-what-does-not-fit': /data that does not fit: it resolved/,
    'data-schema/lets-its-output-pass': /a schema that counts on: it resolved/,
    'data-schema/must-be-synchronous': /an asynchronous schema: it resolved/,
    'data-schema/upgrades-what-no-longer-fits': /a load gives upgraded data/,
    'data-schema/says-what-a-misfit-is': /data that does not fit: it resolved/,
    'data-schema/a-misfit-keeps-its-id': /a rotation of what does not fit: it resolved/,
  }),
]
