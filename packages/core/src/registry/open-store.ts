import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isSessionError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import type { SessionStore } from '../contract/session-store.ts'
import { closestName } from './closest-name.ts'
import type { StoreDefinition } from './definition.ts'
import { isPlainObject } from '../contract/plain-object.ts'
import { type ConfigProblem, configError, ownVendor } from './problems.ts'
import { definitionOfScheme, definitionOfType } from './registry.ts'
import { scrub } from './scrub.ts'
import type { DefaultStore, InstalledStore, UncheckedStore } from './store-input.ts'
import { isUrl, schemeOf, splitUrl } from './store-url.ts'
import { unknownScheme, unknownType } from './unknown-store.ts'

/** A store that was asked for, before its config is checked. */
interface Request {
  readonly definition: StoreDefinition
  readonly config: unknown
  readonly problems: readonly ConfigProblem[]
}

/**
 * Opens a store by URL, or by `{ type, config }` as a YAML file holds it, and resolves when it has answered a `ping`.
 * Nothing, `{}` and a missing type mean memory.
 * @throws `SESS_CONFIG` with every problem of the configuration at once, each with its path
 * @throws `SESS_UNKNOWN_STORE` when the type or scheme is not registered: the message says what to install and import
 * @throws what the store's `ping` rejects with, e.g. `SESS_UNAVAILABLE`; the store is closed then
 * @example
 * ```ts
 * import '@sess/sqlite'
 * const store = await openStore('sqlite:./sessions.db')
 * ```
 */
export function openStore<Data extends object = JsonObject>(
  input?: string | InstalledStore | DefaultStore | null,
): Promise<SessionStore<Data>>
export function openStore<const Input, Data extends object = JsonObject>(
  input: UncheckedStore<Input>,
): Promise<SessionStore<Data>>
export async function openStore(input?: unknown): Promise<SessionStore> {
  const { definition, config, problems } =
    typeof input === 'string' ? requestOfUrl(input) : requestOfObject(input ?? {})
  const result = await validate(definition.config, config)
  const allProblems = [...problems, ...(result.issues ? configProblems(definition, result.issues, config) : [])]
  if (result.issues || allProblems.length > 0)
    throw configError(`Bad configuration of a ${definition.type} store`, allProblems)
  const store = await definition.open(result.value)
  try {
    await store.ping()
  } catch (error) {
    try {
      await store.close()
    } catch {
      // What the ping met says more.
    }
    throw error
  }
  return store
}

function requestOfUrl(url: string): Request {
  const scheme = schemeOf(url)
  if (scheme === undefined) throw malformedUrl("it must begin with a scheme such as 'sqlite:' or 'redis:'")
  const definition = definitionOfScheme(scheme)
  if (definition === undefined) throw unknownScheme(scheme, url)
  try {
    return { definition, config: definition.fromUrl ? definition.fromUrl(url) : configOfUrl(url), problems: [] }
  } catch (error) {
    // A parser's error quotes the URL, with the password in it.
    throw isSessionError(error, 'SESS_CONFIG') ? error : malformedUrl('it is malformed')
  }
}

function configOfUrl(text: string): unknown {
  if (!isUrl(text)) throw new TypeError('not a URL')
  const { url, parameters } = splitUrl(text)
  if ('url' in parameters) throw new TypeError('a URL inside the URL')
  return { url, ...parameters }
}

function malformedUrl(reason: string) {
  return configError('Bad URL of a store', [{ path: ['url'], message: reason }])
}

function requestOfObject(input: unknown): Request {
  const subject = 'Bad configuration of a store'
  if (!isPlainObject(input)) {
    throw configError(subject, [{ path: [], message: 'must be a URL string or an object { type, config }' }])
  }
  const { type, config } = { type: input.type ?? 'memory', config: input.config ?? {} }
  const problems: ConfigProblem[] = Object.keys(input)
    .filter((key) => key !== 'type' && key !== 'config')
    .map((key) => ({ path: [key], message: unknownTopLevelKey(key) }))
  if (typeof type !== 'string' || type === '') {
    throw configError(subject, [{ path: ['type'], message: "must be a store's name, such as 'redis'" }, ...problems])
  }
  const definition = definitionOfType(type)
  if (definition === undefined) throw unknownType(type)
  return { definition, config, problems }
}

function unknownTopLevelKey(key: string): string {
  const guess = closestName(key, ['type', 'config'])
  return guess ? `unknown key, did you mean '${guess}'?` : "unknown key, only 'type' and 'config' stand here"
}

async function validate(schema: StandardSchemaV1, config: unknown): Promise<StandardSchemaV1.Result<unknown>> {
  try {
    return await schema['~standard'].validate(config)
  } catch (error) {
    return {
      issues: [{ message: `could not be checked: ${error instanceof Error ? error.message : 'its schema failed'}` }],
    }
  }
}

function configProblems(
  { config: schema }: StoreDefinition,
  issues: readonly StandardSchemaV1.Issue[],
  config: unknown,
): ConfigProblem[] {
  return issues.map(({ path = [], message }) => ({
    path: ['config', ...path.map((step) => (typeof step === 'object' ? step.key : step))],
    message: schema['~standard'].vendor === ownVendor ? message : scrub(message, config),
  }))
}
