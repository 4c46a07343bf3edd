import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { holds } from './expectations.ts'

/** What a log line would show of a value: of an error its message, stack, properties and causes. */
export function logged(value: unknown): string {
  return inspect(value, {
    depth: Number.POSITIVE_INFINITY,
    maxArrayLength: null,
    maxStringLength: null,
    showHidden: true,
    breakLength: 1e9,
  })
}

/** The forms in which an id or a state can stand in a log: as it is, and as its SHA-256, under which it is stored. */
function formsOf(id: string): string[] {
  const hash = (encoding: 'base64url' | 'base64' | 'hex') => createHash('sha256').update(id).digest(encoding)
  return [id, hash('base64url'), hash('base64'), hash('hex')]
}

/** Fails where the value shows one of the ids, plain or hashed, or one of the other texts. */
export function showsNone(value: unknown, ids: readonly string[], texts: readonly string[], what: string): void {
  showsNoneOf(ids, texts)(value, what)
}

/** The same for many values. */
export function showsNoneOf(ids: readonly string[], texts: readonly string[]): (value: unknown, what: string) => void {
  const forms = ids.flatMap(formsOf)
  return (value, what) => {
    const text = logged(value)
    holds(!forms.some((form) => text.includes(form)), `${what} shows the id`)
    holds(!texts.some((each) => text.includes(each)), `${what} shows data`)
  }
}
