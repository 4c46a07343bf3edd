import { inspect } from 'node:util'
import { describeConformance } from '@sess/core/conformance'
import { type MemoryConfig, MemoryStorage, memoryStore } from '@sess/memory'
import { describe, it } from 'vitest'

const storages = new WeakMap<object, MemoryStorage>()
const everything = { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null }

const reason = 'ids are kept plain here'
const plain = { 'at-rest/ids-are-hashed': reason, 'at-rest/no-hash-at-rest-opens-a-session': reason }

describe.each<[name: string, config: MemoryConfig, expectedFailures: Record<string, string>]>([
  ['a memory store', {}, {}],
  ['a memory store with plain ids', { ids: 'plain' }, plain],
])('%s', (_name, config, expectedFailures) => {
  describeConformance(
    { describe, it },
    {
      takesOptions: true,
      expectedFailures,
      open(options) {
        const storage = new MemoryStorage()
        const store = memoryStore({ ...config, ...options, storage })
        storages.set(store, storage)
        return store
      },
      openPeer: (store, options) => memoryStore({ ...config, ...options, storage: storages.get(store) }),
      dump(store) {
        const storage = storages.get(store) as MemoryStorage
        return inspect([[...storage.records()], storage.identities, storage.states], everything)
      },
    },
  )
})
