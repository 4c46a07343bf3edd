import type { StoreConfigs } from './definition.ts'

type Known = keyof StoreConfigs

/** `config` may be left out where nothing in it is required. */
type WithConfig<Config> =
  Record<never, never> extends Config ? { readonly config?: Config | null | undefined } : { readonly config: Config }

type MemoryConfig = StoreConfigs extends { memory: infer Config } ? Config : Readonly<Record<string, unknown>>

/** A store of an installed type: `{ type, config }`, checked by what its package declares in {@link StoreConfigs}. */
export type InstalledStore = { [Type in Known]: { readonly type: Type } & WithConfig<StoreConfigs[Type]> }[Known]

/**
 * No type means memory. Null does too: YAML reads an empty field as null. A type that is undefined is an error, because an
 * unset variable must not mean memory.
 */
export interface DefaultStore {
  readonly type?: null
  readonly config?: MemoryConfig | null | undefined
}

/**
 * Input that only `openStore` itself can check: a parsed file of unknown type, a document with a `session_store`, or a type
 * of store that declares no config. An object whose `type` is that of an installed store becomes `never`, so that its
 * config cannot pass unchecked. So do undefined and null, because an unset variable must not mean memory.
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
