import { inspect } from 'node:util'
import { describeConformance } from '@sess/core/conformance'
import { MemoryStorage, memoryStore } from '@sess/memory'
import { describe, it } from 'vitest'

const storages = new WeakMap<object, MemoryStorage>()

describeConformance(
  { describe, it },
  {
    takesOptions: true,
    open(options) {
      const storage = new MemoryStorage()
      const store = memoryStore({ ...options, storage })
      storages.set(store, storage)
      return store
    },
    openPeer: (store, options) => memoryStore({ ...options, storage: storages.get(store) }),
    dump: (store) =>
      inspect(storages.get(store), { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null }),
  },
)
