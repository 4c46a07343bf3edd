import type { StoreConfigs } from './definition.ts'

type Known = keyof StoreConfigs

/** `config` may be left out where nothing in it is required. */
type WithConfig<Config> =
  Record<never, never> extends Config ? { readonly config?: Config | null | undefined } : { readonly config: Config }

type MemoryConfig = StoreConfigs extends { memory: infer Config } ? Config : Readonly<Record<string, unknown>>

/** A store of an installed type: `{ type, config }`, checked by what its package declares in {@link StoreConfigs}. */
export type InstalledStore = { [Type in Known]: { readonly type: Type } & WithConfig<StoreConfigs[Type]> }[Known]

/** No type means memory, and so does null, as a file has it. A type that is undefined is an error: an unset variable is no wish for memory. */
export interface DefaultStore {
  readonly type?: null
  readonly config?: MemoryConfig | null | undefined
}

/**
 * What only a run can check: a parsed file of unknown type, a document with a `session_store`, or a type of store that
 * declares no config. An object whose `type` is that of an installed store comes to `never`, so that its config can't pass
 * unchecked; so do undefined and null, as an unset variable is no wish for memory.
 */
export type UncheckedStore<Input> = unknown extends Input
  ? Input
  : Input extends string
    ? Input
    : 'session_store' extends keyof Input
      ? Input
      : 'type' extends keyof Input
        ? [Extract<Input['type'], Known>] extends [never]
          ? Input
          : never
        : never
