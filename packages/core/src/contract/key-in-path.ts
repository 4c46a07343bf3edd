const longestShown = 32
const identifier = /^[A-Za-z_$][\w$]*$/

/** Formats a step of a path in a message: `.when`, `[3]`, `["two words"]`. */
export function stepInPath(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`
  const shown = keyInMessage(step)
  return identifier.test(shown) ? `.${shown}` : `[${JSON.stringify(shown)}]`
}

/**
 * Formats a key of the caller's data for a message. A long key, and one that looks like a secret or a personal detail, is
 * cut short.
 */
export function keyInMessage(key: string): string {
  return isTelling(key) ? `${key.slice(0, 3)}…` : key
}

/** True for a key that looks like an id, a token, an e-mail address or a card number, not like a name. */
export function isTelling(key: string): boolean {
  if (key.length > longestShown || key.includes('@')) return true
  const digits = countOf(key, /\d/g)
  if (digits >= 6) return true
  if (key.length < 16) return false
  const capitals = countOf(key, /[A-Z]/g)
  const small = countOf(key, /[a-z]/g)
  // Random strings mix letters and digits, or have many capitals. camelCase names have few capitals and rarely a digit.
  return (digits > 0 && capitals + small > 0) || (small > 0 && capitals * 4 > key.length)
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
