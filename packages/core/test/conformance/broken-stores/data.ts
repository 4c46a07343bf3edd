import { SessionError } from '../../../src/contract/errors.ts'
import type { JsonObject } from '../../../src/contract/json.ts'
import type { SessionInput } from '../../../src/contract/session.ts'
import { checkIdentity } from '../reference-checks.ts'
import { ReferenceStore } from '../reference-store.ts'
import { broken } from './broken-store.ts'

/** Data, ids, and what is stored of them. */
export const brokenData = [
  broken(
    'data goes through JSON.stringify as it is',
    class extends ReferenceStore {
      protected override checkData(data: unknown) {
        return JSON.parse(JSON.stringify(data)) as JsonObject
      }
    },
    {
      'hostile-data/date': /changed silently/,
      'hostile-data/undefined': /changed silently/,
      'hostile-data/undefined-in-array': /changed silently/,
      'hostile-data/undefined-property': /changed silently/,
      'hostile-data/negative-zero': /changed silently/,
      'hostile-data/nan': /changed silently/,
      'hostile-data/infinity': /changed silently/,
      'hostile-data/bigint': /SESS_NOT_SERIALIZABLE or kept/,
      'hostile-data/function': /changed silently/,
      'hostile-data/symbol': /changed silently/,
      'hostile-data/symbol-key': /changed silently/,
      'hostile-data/cycle': /SESS_NOT_SERIALIZABLE or kept/,
      'hostile-data/class-instance': /changed silently/,
      'hostile-data/null-prototype': /changed silently/,
      'hostile-data/sparse-array': /changed silently/,
      'hostile-data/array-with-properties': /changed silently/,
      'hostile-data/own-to-json': /changed silently/,
      'hostile-data/map': /changed silently/,
      'hostile-data/set': /changed silently/,
      'hostile-data/reg-exp': /changed silently/,
      'hostile-data/error': /changed silently/,
      'hostile-data/buffer': /changed silently/,
      'hostile-data/typed-array': /changed silently/,
      'hostile-data/boxed-string': /changed silently/,
      'hostile-data/boxed-number': /changed silently/,
      'hostile-data/numbers-are-kept': /every number is kept/,
      'hostile-data/in-create-and-update-too': /changed silently/,
      'states/data-is-kept-exactly': /kept/,
      'properties/json-round-trips': /what was saved[\s\S]*seed \d+, path/,
      'hostile-data/default-limit-is-a-mebibyte': /ten megabytes in save: it resolved/,
      'hostile-data/limit-counts-bytes': /1,200 bytes where 1,000 are allowed: it resolved/,
    },
  ),
  broken(
    'data is copied over key by key, prototype and all',
    class extends ReferenceStore {
      protected override checkData(data: unknown) {
        const copy = (value: unknown): unknown => {
          if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
          const made: Record<string, unknown> = {}
          for (const [name, item] of Object.entries(value)) made[name] = copy(item)
          return made
        }
        const cart = (data as { cart?: unknown[] }).cart
        return (cart ? { ...(data as object), cart: cart.map(copy) } : data) as JsonObject
      }
    },
    { 'hostile-data/proto-key': /changed silently/ },
  ),
  broken(
    'an error does not name the path',
    class extends ReferenceStore {
      protected override checkData(data: unknown) {
        try {
          return super.checkData(data)
        } catch {
          throw new SessionError('SESS_NOT_SERIALIZABLE', 'the data is not JSON')
        }
      }
    },
    {
      'hostile-data/date': /the error names the path data\.cart\[3\]\.when/,
      'update/not-serializable-writes-nothing': /the error names the path/,
      'states/data-is-kept-exactly': /the error names the path/,
    },
  ),
  broken(
    'NUL characters and lone surrogates are taken out of texts',
    class extends ReferenceStore {
      protected override checkData(data: unknown) {
        const clean = (text: string) => text.toWellFormed().replaceAll('\0', '')
        return JSON.parse(JSON.stringify(super.checkData(data)), (_, value) =>
          typeof value === 'string' ? clean(value) : value,
        ) as JsonObject
      }
    },
    { 'hostile-data/texts-are-kept': /every text as it was/, 'properties/json-round-trips': /seed \d+, path/ },
  ),
  broken(
    'an identity loses the fields that the store does not know',
    class extends ReferenceStore {
      override save(input: SessionInput) {
        const { identity } = input
        if (!identity) return super.save(input)
        const { providerId, externalId, attributes = {} } = identity
        return super.save({ ...input, identity: { providerId, externalId, attributes } })
      }
    },
    {
      'hostile-data/unknown-identity-fields': /an unknown field is dropped silently/,
      'save/by-hand-keeps-every-field': /every field as given/,
      'hostile-data/identity-texts-are-kept': /is kept in an identity/,
    },
  ),
  broken(
    'an identity is not looked at',
    class extends ReferenceStore {
      override save(input: SessionInput) {
        try {
          checkIdentity(input.identity ?? null)
        } catch {
          return super.save({ ...input, identity: null })
        }
        return super.save(input)
      }
    },
    {
      'save/wrong-arguments-are-type-errors': /a session with a wrong identity: it resolved/,
      'hostile-data/wrong-identity-leaves-the-former': /an identity without an external id: it resolved/,
    },
  ),
  broken(
    'data that is too large is lost, and the session with it',
    class extends ReferenceStore {
      override async save(input: SessionInput) {
        try {
          return await super.save(input)
        } catch (error) {
          if ((error as { code?: unknown }).code === 'SESS_TOO_LARGE') await this.delete(input.id)
          throw error
        }
      }
    },
    { 'hostile-data/ten-megabytes-lose-nothing': /leaves the former session/ },
  ),
  broken(
    'the limit counts characters',
    class extends ReferenceStore {
      protected override checkData(data: unknown) {
        const { maxBytes = 1_048_576 } = this.options
        this.options.maxBytes = JSON.stringify(data).length <= maxBytes ? Number.POSITIVE_INFINITY : maxBytes
        try {
          return super.checkData(data)
        } finally {
          this.options.maxBytes = maxBytes
        }
      }
    },
    {
      'hostile-data/deep-nesting': /call stack/,
      'hostile-data/limit-counts-bytes': /1,200 bytes where 1,000 are allowed: it resolved/,
    },
  ),
  broken(
    'ids are stored as they are',
    class extends ReferenceStore {
      protected override key(id: string) {
        return id
      }
    },
    {
      'at-rest/ids-are-hashed': /an id is stored as it is/,
      'at-rest/states-are-hashed': /a state is stored as it is/,
      'at-rest/no-hash-at-rest-opens-a-session': /what is stored is accepted as an id/,
    },
  ),
  broken(
    'a deleted session is marked, and stays stored',
    class extends ReferenceStore {
      protected override remove(key: string | undefined) {
        const row = key === undefined ? undefined : this.storage.sessions.get(key)
        if (key === undefined || !row) return false
        this.storage.sessions.set(key, { ...row, expiresAt: 0 })
        return true
      }
    },
    { 'at-rest/deleted-data-is-removed': /after delete the data is still stored/ },
  ),
  broken(
    'the dump shows nothing',
    class extends ReferenceStore {
      override dump() {
        return ''
      }
    },
    { 'at-rest/dump-shows-what-is-stored': /a dump that shows nothing/ },
  ),
  broken(
    'a malformed id is an error of the database',
    class extends ReferenceStore {
      protected override find(id: string) {
        if (typeof id === 'string' && id.includes('\0')) throw new Error('invalid byte sequence')
        return super.find(id)
      }
    },
    {
      'hostile-ids/malformed-is-not-found': /invalid byte sequence/,
      'properties/any-text-is-an-id-or-not-found': /invalid byte sequence[\s\S]*seed \d+/,
    },
  ),
  broken(
    'a star deletes everything',
    class extends ReferenceStore {
      override delete(id: string) {
        if (id === '*') this.storage.sessions.clear()
        return super.delete(id)
      }
    },
    { 'hostile-ids/malformed-is-not-found': /a malformed id touches no session/ },
  ),
  broken(
    'a malformed id is stored',
    class extends ReferenceStore {
      override save(input: SessionInput) {
        return super.save({ ...input, id: this.key(input.id) }).then((session) => ({ ...session, id: input.id }))
      }
      protected override find(id: string) {
        return super.find(typeof id === 'string' ? this.key(id) : id)
      }
    },
    { 'hostile-ids/malformed-is-not-saved': /a save under an id that is empty: it resolved/ },
  ),
  broken(
    'ids are cut at 255 characters, and in lower case',
    class extends ReferenceStore {
      protected override key(id: string) {
        return super.key(id.toLowerCase().slice(0, 255))
      }
    },
    { 'hostile-ids/odd-but-valid-are-kept-apart': /is its own/ },
  ),
  broken(
    'null is taken for nothing',
    class extends ReferenceStore {
      protected override checkData(data: unknown) {
        const keep = (_: string, value: unknown) => (value === null ? undefined : value)
        return JSON.parse(JSON.stringify(super.checkData(data), keep)) as JsonObject
      }
    },
    { 'hostile-data/empty-values-are-kept': /empty values are kept/ },
  ),
  broken(
    'texts are cut at 64 KiB',
    class extends ReferenceStore {
      protected override checkData(data: unknown) {
        const cut = (_: string, value: unknown) => (typeof value === 'string' ? value.slice(0, 65_535) : value)
        return JSON.parse(JSON.stringify(super.checkData(data)), cut) as JsonObject
      }
    },
    { 'hostile-data/half-a-megabyte-is-kept': /large data is kept exactly/ },
  ),
  broken(
    'one object in two places is taken for a cycle',
    class extends ReferenceStore {
      protected override checkData(data: unknown) {
        const seen = new Set<unknown>()
        JSON.stringify(data, (_, value) => {
          if (typeof value === 'object' && value !== null && seen.has(value)) {
            throw new SessionError('SESS_NOT_SERIALIZABLE', 'data has a cycle')
          }
          seen.add(value)
          return value
        })
        return super.checkData(data)
      }
    },
    { 'hostile-data/shared-values-are-no-cycle': /data has a cycle/ },
  ),
]
