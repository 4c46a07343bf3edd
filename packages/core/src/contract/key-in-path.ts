const longestShown = 32
const identifier = /^[A-Za-z_$][\w$]*$/

/** A step of a path in a message: `.when`, `[3]`, `["two words"]`. */
export function stepInPath(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`
  const shown = keyInMessage(step)
  return identifier.test(shown) ? `.${shown}` : `[${JSON.stringify(shown)}]`
}

/** A key of the caller's data as a message may show it: one that is long, or looks like a secret or a person's, is cut short. */
export function keyInMessage(key: string): string {
  return isTelling(key) ? `${key.slice(0, 3)}…` : key
}

/** True for a key that tells more than a name: an id, a token, an e-mail address, a card's number. */
export function isTelling(key: string): boolean {
  if (key.length > longestShown || key.includes('@')) return true
  const digits = countOf(key, /\d/g)
  if (digits >= 6) return true
  if (key.length < 16) return false
  const capitals = countOf(key, /[A-Z]/g)
  const small = countOf(key, /[a-z]/g)
  // Random letters and digits; camelCase has few capitals, and a name rarely a digit.
  return (digits > 0 && capitals + small > 0) || (small > 0 && capitals * 4 > key.length)
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
