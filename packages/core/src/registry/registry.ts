import type { StandardSchemaV1 } from '@standard-schema/spec'
import { invalidArgument, SessionError } from '../contract/errors.ts'
import type { StoreDefinition } from './definition.ts'

interface Registration {
  readonly definition: StoreDefinition
  /** Lower case, without the colon. */
  readonly schemes: readonly string[]
}

/** The shape that all copies of this package in one process share. A change of it needs a new version in the key. */
interface SharedRegistry {
  readonly stores: Map<string, Registration>
}

const key = Symbol.for('sess.registry.v1')
const typePattern = /^[a-z][a-z0-9._-]{0,63}$/i
const schemePattern = /^[a-z][a-z0-9+.-]*:?$/

function shared(): SharedRegistry {
  const holder = globalThis as { [key]?: SharedRegistry }
  if (!holder[key]) Object.defineProperty(globalThis, key, { value: { stores: new Map() } satisfies SharedRegistry })
  return holder[key] as SharedRegistry
}

/**
 * Registers a type of store for `openStore`. Returns a function that undoes this registration and restores the one that it
 * replaced, for mocks in tests.
 *
 * `override` replaces the registration of the same type, schemes included; default false.
 * @throws `SESS_DUPLICATE_STORE` when the type is registered, or a scheme belongs to another type
 * @throws `TypeError` for a malformed definition
 * @example
 * ```ts
 * registerStore({ type: 'acme', schemes: ['acme'], config: v.object({ url: v.string() }), open: (config) => createSessionStore(acmeBackend(config.url), config) })
 * ```
 */
export function registerStore<Schema extends StandardSchemaV1>(
  definition: StoreDefinition<Schema>,
  options: { override?: boolean } = {},
): () => void {
  const registration: Registration = { definition, schemes: checkDefinition(definition) }
  if (!isObject(options)) throw invalidArgument('options must be an object', 'type')
  const { type } = definition
  const { stores } = shared()
  const former = stores.get(type)
  if (former && !options.override) {
    if (definition.package !== undefined && definition.package === former.definition.package) return () => {}
    throw new SessionError(
      'SESS_DUPLICATE_STORE',
      `A store of type '${type}' is registered already; { override: true } replaces it`,
    )
  }
  place(type, registration)
  return () => {
    if (stores.get(type) !== registration) return
    if (former) place(type, former)
    else stores.delete(type)
  }
}

/** The types that `openStore` knows, sorted. */
export function registeredStores(): string[] {
  return [...shared().stores.keys()].sort()
}

/** The definition of a type; undefined where none is registered. */
export function definitionOfType(type: string): StoreDefinition | undefined {
  return shared().stores.get(type)?.definition
}

/** The definition that owns a URL scheme (without the colon, in any case); undefined where none does. */
export function definitionOfScheme(scheme: string): StoreDefinition | undefined {
  const wanted = scheme.toLowerCase()
  return [...shared().stores.values()].find(({ schemes }) => schemes.includes(wanted))?.definition
}

/** True for a string that could be the name of a type of store. */
export function isTypeName(type: string): boolean {
  return typePattern.test(type)
}

function place(type: string, registration: Registration): void {
  const { stores } = shared()
  for (const [otherType, other] of stores) {
    const clash = otherType !== type && registration.schemes.find((scheme) => other.schemes.includes(scheme))
    if (clash) {
      throw new SessionError(
        'SESS_DUPLICATE_STORE',
        `The scheme '${clash}:' of store type '${type}' belongs to type '${otherType}' already`,
      )
    }
  }
  stores.set(type, registration)
}

function checkDefinition(definition: StoreDefinition): string[] {
  if (!isObject(definition)) throw invalidArgument('definition must be an object', 'type')
  const { type, schemes = [], package: packageName, config, open, fromUrl } = definition
  const standard = (config as StandardSchemaV1 | undefined | null)?.['~standard']
  const isFine = (fine: boolean, fault: string, wrong: 'type' | 'value') => {
    if (!fine) throw invalidArgument(`definition.${fault}`, wrong)
  }
  isFine(typeof type === 'string', 'type must be a string', 'type')
  isFine(
    isTypeName(type),
    'type must be a letter followed by letters, digits, ., _ or -, 64 characters at most',
    'value',
  )
  isFine(isArrayOf(schemes, 'string'), 'schemes must be an array of strings', 'type')
  isFine(
    schemes.every((scheme) => schemePattern.test(scheme)),
    "schemes must be lower-case URL schemes such as 'redis'",
    'value',
  )
  isFine(packageName === undefined || typeof packageName === 'string', 'package must be a string', 'type')
  isFine(
    standard?.version === 1 && typeof standard.validate === 'function',
    'config must be a Standard Schema of version 1',
    'type',
  )
  isFine(typeof open === 'function', 'open must be a function', 'type')
  isFine(fromUrl === undefined || typeof fromUrl === 'function', 'fromUrl must be a function', 'type')
  return schemes.map((scheme) => scheme.replace(/:$/, ''))
}

function isArrayOf(value: unknown, type: 'string'): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === type)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
