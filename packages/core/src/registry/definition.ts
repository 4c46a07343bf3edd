import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { StoreOptions } from '../config/store-options.ts'
import type { SessionStore } from '../contract/session-store.ts'

declare global {
  /**
   * The `config` of `openStore` for each installed type. A package that registers a store adds its own, so that an editor
   * completes and checks it:
   *
   * ```ts
   * declare global {
   *   interface SessStoreConfigs { acme: AcmeConfig }
   * }
   * ```
   *
   * It is global because a project may have two copies of `@sess/core`, its own and an older or newer one of some backend.
   * A declaration for the module `@sess/core` would reach only one copy, and the other would take any config unchecked.
   */
  interface SessStoreConfigs {}
}

/** The configs in `SessStoreConfigs`, and those that are declared for this copy of the core alone. */
export interface StoreConfigs extends SessStoreConfigs {}

/** The output of a config's schema, with the options of every store. */
export type CheckedConfig<Output> = Output & Omit<StoreOptions, keyof Output>

/** How a type of store is recognised, configured and opened. */
export interface StoreDefinition<Schema extends StandardSchemaV1 = StandardSchemaV1> {
  /** The name that `openStore` finds it by: a letter, then letters, digits, `.`, `_` or `-`, 64 at most. */
  readonly type: string
  /** The URL schemes that mean this type, with or without the colon: `['redis', 'rediss']`. Left out: none. */
  readonly schemes?: readonly string[]
  /** The npm package that brings it. When two copies of one package are loaded, both register, and the first stays. */
  readonly package?: string
  /** Checks the `config` of `openStore`; any Standard Schema, sync or async. */
  readonly config: Schema
  /**
   * Makes the store for a checked config. `openStore` awaits its `ping`. The options of every store (`ttl`, `ids`,
   * `timeoutMs` and so on) are in the config, also where `config` knows nothing of them, and `createSessionStore` takes it
   * as it is.
   */
  open(config: CheckedConfig<StandardSchemaV1.InferOutput<Schema>>): SessionStore | Promise<SessionStore>
  /**
   * Returns the unchecked config for a URL of one of the schemes. Left out:
   * `{ url: <url without query>, ...query parameters }`.
   */
  fromUrl?(url: string): unknown
}
