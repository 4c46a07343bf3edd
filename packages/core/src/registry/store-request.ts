import { closestName } from '../config/closest-name.ts'
import { type ConfigProblem, configError } from '../config/problems.ts'
import { encodingHint, isUrl, schemeOf, splitUrl } from '../config/store-url.ts'
import { isSessionError } from '../contract/errors.ts'
import { isPlainObject } from '../contract/plain-object.ts'
import type { StoreDefinition } from './definition.ts'
import { definitionOfScheme, definitionOfType } from './registry.ts'
import { unknownScheme, unknownType } from './unknown-store.ts'

/** A request for a store, before its config is checked. */
export interface StoreRequest {
  readonly definition: StoreDefinition
  readonly config: unknown
  /** The path of the config in the user's input. */
  readonly path: readonly string[]
  /** True where the config comes from an object or document, false where it comes from a URL. */
  readonly isDocument: boolean
  readonly problems: readonly ConfigProblem[]
}

const subject = 'Bad configuration of a store'
const documentKeys = ['session_store', 'sessionStore']

/** Reads the argument of `openStore`. @throws `SESS_CONFIG`, `SESS_UNKNOWN_STORE` */
export function storeRequest(input: unknown): StoreRequest {
  if (typeof input === 'string') return requestOfUrl(input)
  const section = isPlainObject(input) ? documentKeys.find((key) => Object.hasOwn(input, key)) : undefined
  if (section === undefined) return requestOfObject(input, [])
  const document = input as Record<string, unknown>
  if (Object.hasOwn(document, 'type')) {
    throw configError(subject, [{ path: [section], message: "can't be given together with 'type'" }])
  }
  // The other keys of the document do not concern the store.
  const store = document[section]
  return typeof store === 'string' ? requestOfUrl(store) : requestOfObject(store, [section])
}

function requestOfUrl(url: string): StoreRequest {
  const scheme = schemeOf(url)
  if (scheme === undefined) throw malformedUrl("it must begin with a scheme such as 'sqlite:' or 'redis:'")
  const definition = definitionOfScheme(scheme)
  if (definition === undefined) throw unknownScheme(scheme, url)
  try {
    const config = definition.fromUrl ? definition.fromUrl(url) : configOfUrl(url)
    return { definition, config, path: ['config'], isDocument: false, problems: [] }
  } catch (error) {
    // The parser's error would quote the URL with its password.
    throw isSessionError(error, 'SESS_CONFIG') ? error : malformedUrl(`it is malformed${encodingHint(url)}`)
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

function requestOfObject(input: unknown, path: readonly string[]): StoreRequest {
  if (!isPlainObject(input)) {
    const unset = input === undefined || input === null ? `, not ${input}: is a variable unset?` : ''
    throw configError(subject, [{ path, message: `must be a URL string or an object { type, config }${unset}` }])
  }
  const config = input.config ?? {}
  // In a file, a field with nothing after its colon is null and counts as left out. Code that reads an unset variable gives undefined.
  const type = Object.hasOwn(input, 'type') && input.type === undefined ? undefined : (input.type ?? 'memory')
  const problems: ConfigProblem[] = Object.keys(input)
    .filter((key) => key !== 'type' && key !== 'config')
    .map((key) => ({ path: [...path, key], message: unknownTopLevelKey(key) }))
  if (typeof type !== 'string' || type === '') {
    const unset = type === undefined ? ', not undefined: is a variable unset?' : ''
    const problem = { path: [...path, 'type'], message: `must be a store's name, such as 'redis'${unset}` }
    throw configError(subject, [problem, ...problems])
  }
  const definition = definitionOfType(type)
  if (definition === undefined) throw unknownType(type)
  return { definition, config, path: [...path, 'config'], isDocument: true, problems }
}

function unknownTopLevelKey(key: string): string {
  const guess = closestName(key, ['type', 'config'])
  return guess ? `unknown key, did you mean '${guess}'?` : "unknown key, only 'type' and 'config' stand here"
}
