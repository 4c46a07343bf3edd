import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isPlainObject } from '../contract/plain-object.ts'
import { closestName } from './closest-name.ts'
import { commonFields, markChecked, namesByKey, snakeCase } from './common-options.ts'
import {
  bareNumber,
  type ConfigField,
  type FieldInput,
  type FieldOutput,
  readField,
  takesNull,
  urlHint,
} from './fields.ts'
import { type ConfigProblem, configError, keyText, ownVendor } from './problems.ts'

type Fields = Readonly<Record<string, ConfigField<unknown>>>
type Optional<Values> = { [Key in keyof Values]?: Values[Key] | undefined }
type Required<Values, Key extends keyof Values> = Optional<Omit<Values, Key>> & { [Name in Key]: Values[Name] }
type AllFields<Own> = Omit<typeof commonFields, keyof Own> & Own

/** What a user may write for some fields and the options of every store. Named, so that a package's declarations need no more than this. */
export type FieldsInput<Own extends Fields, Needed extends keyof Own & string> = Required<
  { [Key in keyof AllFields<Own>]: FieldInput<AllFields<Own>[Key]> },
  Needed
>

/** What the store gets of them. */
export type FieldsOutput<Own extends Fields, Needed extends keyof Own & string> = Required<
  { [Key in keyof AllFields<Own>]: FieldOutput<AllFields<Own>[Key]> },
  Needed
>

/** A configuration's schema, made by {@link storeConfig}: a Standard Schema that validates synchronously. */
export interface StoreConfigSchema<Input, Output> {
  readonly '~standard': Omit<StandardSchemaV1.Props<Input, Output>, 'validate'> & {
    readonly validate: (
      value: unknown,
      options?: StandardSchemaV1.Options | undefined,
    ) => StandardSchemaV1.Result<Output>
  }
}

/** The input that a user may write for a schema: camelCase keys, durations as numbers or strings. */
export type StoreConfigInput<Schema extends StandardSchemaV1> = StandardSchemaV1.InferInput<Schema>

/** The config that the store gets: durations as milliseconds. */
export type StoreConfigOutput<Schema extends StandardSchemaV1> = StandardSchemaV1.InferOutput<Schema>

export interface StoreConfigRules<Key extends string, Needed extends Key = Key> {
  /** Each of these fields must be given. */
  readonly required?: readonly Needed[]
  /** Exactly one of these fields must be given. */
  readonly oneOf?: readonly Key[]
  /** No more than one of these fields may be given. */
  readonly atMostOneOf?: readonly Key[]
}

/** Tells a schema made here that the config comes from a document, where a bare number has no unit. */
export const fromDocument = { libraryOptions: { [ownVendor]: { isDocument: true } } } satisfies StandardSchemaV1.Options

/**
 * Makes the schema of a store's configuration: its own fields and those that every store takes. All fields are optional,
 * except those that the rules name.
 *
 * Keys may be camelCase or snake_case (`sessionPrefix`, `session_prefix`), not both. An unknown key is a problem. Null
 * means left out: YAML reads an empty field as null.
 * @example
 * ```ts
 * const acmeConfig = storeConfig({ url: url(['acme']), table: identifier() }, { required: ['url'] })
 * type AcmeConfig = StoreConfigInput<typeof acmeConfig>
 * ```
 */
export function storeConfig<const Own extends Fields, const Needed extends keyof Own & string = never>(
  own: Own,
  rules: StoreConfigRules<keyof Own & string, Needed> = {},
): StoreConfigSchema<FieldsInput<Own, Needed>, FieldsOutput<Own, Needed>> {
  const fields: Fields = { ...commonFields, ...own }
  const nameOfKey = namesByKey(fields)
  const validate = (input: unknown, options?: StandardSchemaV1.Options) => {
    const { isDocument = false } = (options?.libraryOptions?.[ownVendor] ?? {}) as { isDocument?: boolean }
    if (!isPlainObject(input)) return { issues: [{ path: [], message: 'must be an object' }] }
    const problems: ConfigProblem[] = []
    const keyOfName = new Map<string, string>()
    const values: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(input)) {
      const name = nameOfKey.get(key)
      const problemHere = (message: string) => problems.push({ path: [key], message })
      if (name === undefined) problemHere(unknownKey(key, nameOfKey))
      else if (value === undefined || (value === null && !takesNull(fields[name] as ConfigField<unknown>))) continue
      else if (keyOfName.has(name)) problemHere(`is given as ${keyText(keyOfName.get(name) ?? name)} too`)
      else {
        keyOfName.set(name, key)
        const field = fields[name] as ConfigField<unknown>
        const reading = (isDocument && bareNumber(field, value)) || readField(field, value)
        if ('value' in reading) values[name] = reading.value
        else problemHere(reading.problem + urlHint(field, value))
      }
    }
    problems.push(...brokenRules(rules, keyOfName))
    return problems.length > 0 ? { issues: problems } : { value: markChecked(values) as never }
  }
  return { '~standard': { version: 1, vendor: ownVendor, validate } }
}

/**
 * Checks the options of a factory such as `sqliteStore(options)`. Undefined means none.
 * @throws `SESS_CONFIG` with every problem at once
 */
export function parseOptions<Input, Output>(
  type: string,
  schema: StoreConfigSchema<Input, Output>,
  options: Input | undefined,
): Output {
  const result = schema['~standard'].validate(options ?? {})
  if (!result.issues) return result.value
  throw configError(`Bad options for a ${type} store`, result.issues as readonly ConfigProblem[])
}

function unknownKey(key: string, nameOfKey: ReadonlyMap<string, string>): string {
  const candidates = [...nameOfKey.keys()].filter((known) => !key.includes('_') || known === snakeCase(known))
  const guess = closestName(key, candidates)
  return guess === undefined ? 'unknown key' : `unknown key, did you mean '${guess}'?`
}

function brokenRules(rules: StoreConfigRules<string>, keyOfName: ReadonlyMap<string, string>): ConfigProblem[] {
  const missing = (rules.required ?? []).filter((name) => !keyOfName.has(name))
  const problems = missing.map((name) => ({ path: [], message: `${name} is required` }))
  const broken = [rules.oneOf, rules.atMostOneOf].flatMap((names = []) => {
    const [first, ...more] = names.flatMap((name) => keyOfName.get(name) ?? [])
    if (first === undefined && names === rules.oneOf) {
      return [{ path: [], message: `must have ${names.map((name) => `'${name}'`).join(' or ')}` }]
    }
    return more.map((key) => ({ path: [key], message: `can't be given together with '${first}'` }))
  })
  return [...problems, ...broken]
}
