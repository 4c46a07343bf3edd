import type { StandardSchemaV1 } from '@standard-schema/spec'
import { longestTimerMs } from '../contract/durations.ts'
import type { JsonObject } from '../contract/json.ts'
import {
  bareNumber,
  boolean,
  type ConfigField,
  choice,
  duration,
  durationOrNever,
  durationOrNull,
  instance,
  integer,
} from './fields.ts'
import { sealKeys } from './seal-field.ts'
import type { StoreOptions } from './store-options.ts'

const isFunction = (value: object) => typeof value === 'function'
const isStandardSchema = (value: object) =>
  typeof (value as Partial<StandardSchemaV1>)['~standard']?.validate === 'function'

/** The options that every store takes; `StoreOptions` says what each means. */
export const commonFields = {
  ttl: duration(),
  maxLifetime: durationOrNull(),
  ids: choice(['hashed', 'plain']),
  timeoutMs: integer({ min: 1, max: longestTimerMs }),
  updateTimeoutMs: integer({ min: 1, max: longestTimerMs }),
  maxBytes: integer({ min: 1 }),
  coalesce: boolean(),
  maxPending: integer({ min: 1 }),
  maxPendingBytes: integer({ min: 1 }),
  cleanupInterval: durationOrNever(),
  now: instance<() => number>('a function', isFunction),
  onBackgroundError: instance<(error: Error) => void>('a function', isFunction),
  generateId: instance<() => string>('a function', isFunction),
  seal: sealKeys(),
  data: instance<StandardSchemaV1<unknown, JsonObject>>(
    'a Standard Schema, as zod, valibot and arktype make them',
    isStandardSchema,
  ),
  upgrade: instance<(old: JsonObject) => unknown>('a function', isFunction),
  onInvalidData: choice(['error', 'absent']),
} satisfies { [Key in keyof StoreOptions]-?: ConfigField<unknown, Exclude<StoreOptions[Key], undefined>> }

/** The names of fields by the keys that a user may write for them: `sessionPrefix` and `session_prefix`. */
export function namesByKey(fields: object): ReadonlyMap<string, string> {
  return new Map(Object.keys(fields).flatMap((name) => [[name, name] as const, [snakeCase(name), name] as const]))
}

/** `session_prefix` for `sessionPrefix`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

const commonNames = namesByKey(commonFields)

/** Returns the entries of a config that are options of every store. */
export function commonOptionsOf(config: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([key]) => commonNames.has(key)))
}

/** Returns the problem of a common option that a document gives as a number without a unit. `key` is as the user wrote it. */
export function bareNumberOfOption(key: string, value: unknown): { problem: string } | undefined {
  return bareNumber(commonFields[commonNames.get(key) as keyof typeof commonFields], value)
}

const key = Symbol.for('sess.checked-configs.v1')

/** Shared by all copies of this package in one process. */
function checkedConfigs(): WeakSet<object> {
  const holder = globalThis as { [key]?: WeakSet<object> }
  if (!holder[key]) Object.defineProperty(globalThis, key, { value: new WeakSet<object>() })
  return holder[key] as WeakSet<object>
}

/** Marks a config as checked: a schema has refused its unknown keys, and every further key belongs to its store. */
export function markChecked<Config extends object>(config: Config): Config {
  checkedConfigs().add(config)
  return config
}

/** True for a config that {@link markChecked} has seen. */
export function isChecked(config: object): boolean {
  return checkedConfigs().has(config)
}
