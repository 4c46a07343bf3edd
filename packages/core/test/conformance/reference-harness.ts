import type { ConformanceHarness } from '../../src/conformance/index.ts'
import { type Publish, published } from './published-store.ts'
import { type ReferenceOptions, ReferenceStore, Storage } from './reference-store.ts'

export type StoreClass = new (options: ReferenceOptions, storage?: Storage) => ReferenceStore

/** All that a harness can offer, over the reference store or one derived from it. */
export function referenceHarness(
  Class: StoreClass = ReferenceStore,
  publish?: Publish,
): ConformanceHarness<ReferenceStore> {
  const Store = published(Class, publish)
  return {
    takesOptions: ['ttl', 'maxLifetime', 'ids', 'timeoutMs', 'updateTimeoutMs', 'maxBytes', 'generateId'],
    open: (options) => new Store(options, new Storage()),
    openPeer: (store, options) => new Store(options, store.storage),
    dump: (store) => store.dump(),
    damage: (store, id) => store.damage(id),
    outage(store) {
      store.storage.down = true
      return {
        end: () => {
          store.storage.down = false
        },
      }
    },
  }
}
