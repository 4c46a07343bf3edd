import { createHash, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { SessionError } from '@sess/core'
import { describeConformance } from '@sess/core/conformance'
import { type MemoryConfig, MemoryStorage, memoryStore } from '@sess/memory'
import { describe, it } from 'vitest'

/** What a store is handed, and what is in it: one is the other, but while the memory is out of reach. */
interface Place {
  readonly storage: MemoryStorage
  readonly handedIn: MemoryStorage
  isDown: boolean
}

const places = new WeakMap<object, Place>()

function placeOf(store: object): Place {
  return places.get(store) as Place
}

function makePlace(): Place {
  const storage = new MemoryStorage()
  const handedIn = new Proxy(storage, {
    get(target, name) {
      if (place.isDown) throw new SessionError('SESS_UNAVAILABLE', 'the memory is out of reach')
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const place: Place = { storage, handedIn, isDown: false }
  return place
}

const everything = { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null }

const reason = 'ids are kept plain here'
const plain = { 'at-rest/ids-are-hashed': reason, 'at-rest/no-hash-at-rest-opens-a-session': reason }

describe.each<[name: string, config: MemoryConfig, expectedFailures: Record<string, string>]>([
  ['a memory store', {}, {}],
  ['a memory store with plain ids', { ids: 'plain' }, plain],
  ['a memory store that seals', { seal: { keys: [randomBytes(32)] } }, {}],
])('%s', (_name, config, expectedFailures) => {
  describeConformance(
    { describe, it },
    {
      takesOptions: true,
      expectedFailures,
      open(options) {
        const place = makePlace()
        const store = memoryStore({ ...config, ...options, storage: place.handedIn })
        places.set(store, place)
        return store
      },
      openPeer: (store, options) => memoryStore({ ...config, ...options, storage: placeOf(store).handedIn }),
      dump(store) {
        const { storage } = placeOf(store)
        return inspect([[...storage.records()], [...storage.identities()], storage.states], everything)
      },
      damage(store, idOrState) {
        const { storage } = placeOf(store)
        const hash = createHash('sha256').update(idOrState).digest('base64url')
        const half = ({ payload }: { payload: string }) => payload.slice(0, payload.length >> 1)
        const record = storage.get(config.ids === 'plain' ? `=${hash}` : hash)
        if (record) storage.write({ ...record, payload: half(record) })
        const state = storage.states.get(hash)
        if (state) storage.states.set(hash, { ...state, payload: half(state) })
      },
      move(store, fromId, toId) {
        const { storage } = placeOf(store)
        const keyOf = (id: string) =>
          (config.ids === 'plain' ? '=' : '') + createHash('sha256').update(id).digest('base64url')
        const [from, to] = [storage.get(keyOf(fromId)), storage.get(keyOf(toId))]
        if (from && to) storage.write({ ...to, payload: from.payload })
      },
      outage(store) {
        const place = placeOf(store)
        place.isDown = true
        return {
          end() {
            place.isDown = false
          },
        }
      },
    },
  )
})
