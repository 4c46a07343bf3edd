import type { SessionStore, StoreDefinition } from '@sess/core'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** A third party's store with little in it: it notes what it was opened with, and whether it was closed. */
export class FakeStore {
  readonly config: unknown
  pings = 0
  isClosed = false
  readonly #pingError: Error | undefined

  constructor(config: unknown, pingError?: Error) {
    this.config = config
    this.#pingError = pingError
  }

  async ping(): Promise<void> {
    this.pings++
    if (this.#pingError) throw this.#pingError
  }

  async close(): Promise<void> {
    this.isClosed = true
  }
}

/** A schema as any library makes one: here it accepts everything, or has the issues that `check` finds. */
export function schemaOf(
  check: (value: unknown) => readonly StandardSchemaV1.Issue[] | Promise<readonly StandardSchemaV1.Issue[]> = () => [],
): StandardSchemaV1<unknown, unknown> {
  return {
    '~standard': {
      version: 1,
      vendor: 'third-party',
      validate(value) {
        const found = check(value)
        const result = (issues: readonly StandardSchemaV1.Issue[]) => (issues.length > 0 ? { issues } : { value })
        return found instanceof Promise ? found.then(result) : result(found)
      },
    },
  }
}

/** A definition of a `FakeStore`; what is given replaces its defaults. */
export function fakeDefinition(changes: Partial<StoreDefinition> = {}): StoreDefinition {
  return {
    type: 'fake',
    schemes: ['fake'],
    config: schemaOf(),
    open: (config) => asStore(new FakeStore(config)),
    ...changes,
  }
}

export function asStore(store: FakeStore): SessionStore {
  return store as unknown as SessionStore
}

export function asFake(store: SessionStore): FakeStore {
  return store as unknown as FakeStore
}
