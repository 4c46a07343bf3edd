import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { StoreOptions } from '../config/store-options.ts'
import type { SessionStore } from '../contract/session-store.ts'

declare global {
  /**
   * What `openStore` takes as `config` for each type that is installed. A package that registers a store adds its own, so
   * that an editor completes and checks it:
   *
   * ```ts
   * declare global {
   *   interface SessStoreConfigs { acme: AcmeConfig }
   * }
   * ```
   *
   * It is global because a project may have two copies of `@sess/core`, its own and an older or newer one of some backend.
   * What is declared for the module `@sess/core` is declared for one of them only, and the other would take any config
   * unchecked.
   */
  interface SessStoreConfigs {}
}

/** What is declared in `SessStoreConfigs`, and what is declared for this copy of the core alone. */
export interface StoreConfigs extends SessStoreConfigs {}

/** A config as its schema gives it, with the options of every store beside what is its own. */
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
   * Makes the store of a checked config. `openStore` awaits its `ping`. The options of every store (`ttl`, `ids`,
   * `timeoutMs` and so on) are in the config, also where `config` knows nothing of them, and `createSessionStore` takes it
   * as it is.
   */
  open(config: CheckedConfig<StandardSchemaV1.InferOutput<Schema>>): SessionStore | Promise<SessionStore>
  /** The config, yet unchecked, that a URL of one of the schemes stands for. Left out: `{ url: <url without query>, ...query parameters }`. */
  fromUrl?(url: string): unknown
}
