import { custom, type GenericSchema, type InferInput, type InferOutput, pipe, rawTransform, safeParse } from 'valibot'
import { durationMs } from '../contract/durations.ts'
import type { Duration } from '../contract/method-options.ts'
import { encodingHint, isUrl, schemeOf } from './store-url.ts'

/** One field of a configuration: the type of its input, and the type that the store gets. */
export type ConfigField<Output, Input = Output> = GenericSchema<Input, Output>

/** The values that a user may write in a field. */
export type FieldInput<Field extends ConfigField<unknown>> = InferInput<Field>

/** The value that the store gets from a field. */
export type FieldOutput<Field extends ConfigField<unknown>> = InferOutput<Field>

/**
 * A field with a rule of its own. `read` gives the store's value, or undefined for a value it refuses; then `message`
 * stands after the field's path. It begins with "must be" and shows no value.
 */
export function field<Output, Input = Output>(
  message: string,
  read: (value: unknown) => Output | undefined,
): ConfigField<Output, Input> {
  return pipe(
    custom<Input>(() => true),
    rawTransform<Input, Output>(({ dataset, addIssue, NEVER }) => {
      const output = read(dataset.value)
      if (output !== undefined) return output
      addIssue({ message })
      return NEVER
    }),
  )
}

/** Reads a value with a field. Returns the store's value, or the problem. */
export function readField(field: ConfigField<unknown>, value: unknown): { value: unknown } | { problem: string } {
  const result = safeParse(field, value)
  return result.success ? { value: result.output } : { problem: result.issues[0].message }
}

const durations = new WeakSet<ConfigField<unknown>>()

/** A span of time, read as milliseconds. A document gives it as a string with a unit. */
export function duration(): ConfigField<number, Duration> {
  const made = field<number, Duration>(
    "must be a number of milliseconds or a duration such as '24h', '2h30m' or '500ms'",
    readDuration,
  )
  durations.add(made)
  return made
}

/** A span of time, read as milliseconds, or `false` for never. */
export function durationOrNever(): ConfigField<number | false, Duration | false> {
  const made = field<number | false, Duration | false>(
    "must be false, a number of milliseconds or a duration such as '10m' or '500ms'",
    (value) => (value === false || value === 'false' ? false : readDuration(value)),
  )
  durations.add(made)
  return made
}

/** A span of time, read as milliseconds, or null for none, which here is a value of its own. */
export function durationOrNull(): ConfigField<number | null, Duration | null> {
  const made = field<number | null, Duration | null>(
    "must be null, a number of milliseconds or a duration such as '30d' or '12h'",
    (value) => (value === null ? null : readDuration(value)),
  )
  durations.add(made)
  nullables.add(made)
  return made
}

const nullables = new WeakSet<ConfigField<unknown>>()

/** True where null is a value of this field. In any other field null means left out. */
export function takesNull(field: ConfigField<unknown>): boolean {
  return nullables.has(field)
}

/** The problem of a duration that a document gives as a bare number: a reader of `ttl: 86400` would take it for seconds. */
export function bareNumber(field: ConfigField<unknown>, value: unknown): { problem: string } | undefined {
  if (typeof value !== 'number' || !durations.has(field)) return undefined
  if (!Number.isInteger(value) || value <= 0)
    return { problem: "must be a duration with a unit, such as '24h' or '500ms'" }
  return { problem: `must have a unit: '${value}s' is ${value} seconds, '${value}ms' is ${value} milliseconds` }
}

/** A whole number. A string of digits is accepted too, because URLs and substituted variables give strings. */
export function integer({ min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}) {
  return field<number>(`must be a whole number from ${min} to ${max}`, (value) => {
    const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value
    return Number.isSafeInteger(number) && (number as number) >= min && (number as number) <= max
      ? (number as number)
      : undefined
  })
}

/** A boolean, or `'true'` and `'false'` as strings. */
export function boolean(): ConfigField<boolean> {
  const values = new Map<unknown, boolean>([
    [true, true],
    ['true', true],
    [false, false],
    ['false', false],
  ])
  return field('must be true or false', (value) => values.get(value))
}

/** One of some strings. */
export function choice<const Value extends string>(values: readonly Value[]): ConfigField<Value> {
  const list = values.map((value) => `'${value}'`).join(' or ')
  return field(`must be ${list}`, (value) => values.find((allowed) => allowed === value))
}

/** A string without NUL characters; `empty` allows `''` (default false). */
export function text({ empty = false }: { empty?: boolean } = {}): ConfigField<string> {
  const message = `must be a ${empty ? '' : 'non-empty '}string (put a number into quotes)`
  return field(message, (value) =>
    typeof value === 'string' && !value.includes('\0') && (empty || value !== '') ? value : undefined,
  )
}

/** The name of a table or schema in SQL, safe inside any engine's quotes. */
export function identifier(): ConfigField<string> {
  return field(
    'must be a letter or _ followed by letters, digits or _, 63 characters at most',
    matching(/^[a-z_]\w{0,62}$/i),
  )
}

/** A prefix of keys: any printable ASCII, glob characters included. */
export function keyPrefix(): ConfigField<string> {
  return field('must be 1 to 128 printable ASCII characters', matching(/^[\x20-\x7e]{1,128}$/))
}

/** A URL with one of some schemes, given without the colon. */
export function url(schemes: readonly string[]): ConfigField<string> {
  const list = schemes.map((scheme) => `${scheme}:`).join(' or ')
  const made = field<string>(`must be a URL that begins with ${list}`, (value) =>
    typeof value === 'string' && schemes.includes(schemeOf(value)?.toLowerCase() ?? '') && isUrl(value)
      ? value
      : undefined,
  )
  urls.add(made)
  return made
}

const urls = new WeakSet<ConfigField<unknown>>()

/** What to add to the problem of a URL, whatever its field is called. */
export function urlHint(field: ConfigField<unknown>, value: unknown): string {
  return urls.has(field) ? encodingHint(value) : ''
}

/** A value that only code can give: a client, a pool, a function. It passes unchanged where `test` accepts it. */
export function instance<Value>(description: string, test: (value: object) => boolean): ConfigField<Value> {
  return field(`must be ${description}`, (value) => {
    const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
    return isObject && test(value) ? (value as Value) : undefined
  })
}

function readDuration(value: unknown): number | undefined {
  try {
    return durationMs(value as Duration)
  } catch {
    return undefined
  }
}

function matching(pattern: RegExp) {
  return (value: unknown) => (typeof value === 'string' && pattern.test(value) ? value : undefined)
}
