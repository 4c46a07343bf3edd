import type { ConformanceHarness } from '../../src/conformance/index.ts'
import { type ReferenceOptions, ReferenceStore, Storage } from './reference-store.ts'

export type StoreClass = new (options: ReferenceOptions, storage?: Storage) => ReferenceStore

/** All that a harness can offer, over the reference store or one derived from it. */
export function referenceHarness(Store: StoreClass = ReferenceStore): ConformanceHarness<ReferenceStore> {
  return {
    takesOptions: true,
    open: (options) => new Store(options, new Storage()),
    openPeer: (store, options) => new Store(options, store.storage),
    dump: (store) => store.dump(),
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
