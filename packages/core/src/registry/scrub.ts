const mask = '***'

/**
 * Removes every value of a config from a message: strings and numbers as they are, escaped or percent-encoded, and the
 * credentials and query parameters of a URL. Values of up to three characters are removed only where they are whole words.
 */
export function scrub(message: string, config: unknown): string {
  const texts = new Set<string>()
  collect(config, texts, new Set())
  texts.delete('')
  const longestFirst = [...texts].sort((a, b) => b.length - a.length)
  return longestFirst.reduce((clean, text) => {
    if (text.length > 3) return clean.replaceAll(text, mask)
    const escaped = text.replaceAll(/\W/g, '\\$&')
    return clean.replaceAll(new RegExp(`(?<!\\w)${escaped}(?!\\w)`, 'g'), mask)
  }, message)
}

function collect(value: unknown, texts: Set<string>, seen: Set<object>): void {
  if (typeof value === 'string') addForms(value, texts)
  else if (typeof value === 'number' || typeof value === 'bigint') texts.add(String(value))
  else if (typeof value === 'object' && value !== null && !seen.has(value)) {
    seen.add(value)
    for (const inner of Object.values(value)) collect(inner, texts, seen)
  }
}

function addForms(value: string, texts: Set<string>): void {
  const parts = [value]
  if (URL.canParse(value)) {
    const { username, password, searchParams } = new URL(value)
    parts.push(username, password, decoded(username), decoded(password), ...searchParams.values())
  }
  for (const part of parts) {
    texts.add(part).add(JSON.stringify(part).slice(1, -1))
    if (part.isWellFormed()) texts.add(encodeURIComponent(part))
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
