import { SessionError } from '../contract/errors.ts'
import { isTelling } from '../contract/key-in-path.ts'

/** The vendor of the schemas made here: their messages show no value, so nothing has to be taken out of them. */
export const ownVendor = 'sess'

/** One thing wrong with a configuration. The message follows `<path>: ` and shows no value. */
export interface ConfigProblem {
  /** The path to the value, in the keys that the user wrote. */
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** The `SESS_CONFIG` that lists all problems, one a line, each with its path. */
export function configError(subject: string, problems: readonly ConfigProblem[]): SessionError {
  const lines = problems.map(({ path, message }) => `\n- ${path.length > 0 ? `${pathText(path)}: ` : ''}${message}`)
  return new SessionError('SESS_CONFIG', `${subject}:${lines.join('')}`)
}

function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`
    return typeof step === 'string' && /^[\w$]{1,64}$/.test(step) && !isTelling(step)
      ? `.${step}`
      : `[${keyText(step)}]`
  })
  return text.join('').replace(/^\./, '')
}

/**
 * Returns a key in quotes, or `'…'` where it does not look like a name: it may be a secret, or a line of YAML with its
 * colon in the wrong place.
 */
export function keyText(key: PropertyKey): string {
  return typeof key === 'string' && /^[\w$.-]{1,64}$/.test(key) && !isTelling(key) ? `'${key}'` : "'…'"
}
