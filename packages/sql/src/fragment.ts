/** A value that a statement takes, by name. */
export interface SqlParameter {
  readonly parameter: string
}

/** A piece of SQL: text, and the places of values. */
export interface SqlFragment {
  readonly parts: readonly (string | SqlParameter)[]
}

export type SqlPart = string | SqlParameter | SqlFragment

/** A statement for a driver. Its text never contains a value; `parameters` names the values in the order of their places. */
export interface SqlStatement {
  readonly text: string
  readonly parameters: readonly string[]
  /** Whether there are rows to fetch. */
  readonly returnsRows: boolean
}

/** Builds a fragment. An interpolated string is SQL (an identifier, a fixed expression), never a value. */
export function sql(texts: TemplateStringsArray, ...parts: readonly SqlPart[]): SqlFragment {
  return { parts: texts.flatMap((text, index) => [text, ...flatten(parts[index] ?? '')]) }
}

/** The place of a value. A call has the value under this name. */
export function parameter(name: string): SqlParameter {
  return { parameter: name }
}

/** Joins parts with a separator. */
export function list(parts: readonly SqlPart[], separator = ', '): SqlFragment {
  return { parts: parts.flatMap((part, index) => (index === 0 ? flatten(part) : [separator, ...flatten(part)])) }
}

/** Compiles a fragment with the placeholders of an engine. */
export function compile(
  fragment: SqlFragment,
  placeholder: (position: number) => string,
  returnsRows: boolean,
): SqlStatement {
  const parameters: string[] = []
  const text = fragment.parts
    .map((part) => (typeof part === 'string' ? part : placeholder(parameters.push(part.parameter))))
    .join('')
  return Object.freeze({ text: text.trim().replace(/\s+/g, ' '), parameters, returnsRows })
}

function flatten(part: SqlPart): readonly (string | SqlParameter)[] {
  return typeof part === 'object' && 'parts' in part ? part.parts : [part]
}
