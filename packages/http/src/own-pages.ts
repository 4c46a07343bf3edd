import { derive, isSameText } from './derive.ts'

/** The field of a form, and the header, in which a token comes. */
export const tokenField = 'csrf'
export const tokenHeader = 'x-csrf-token'

const changesNothing = new Set(['GET', 'HEAD', 'OPTIONS'])
const longestForm = 65_536

/** What a form of a session with this id carries. */
export function tokenOf(id: string): string {
  return derive(id, 'form')
}

export interface Pages {
  readonly own: string
  readonly trusted: ReadonlySet<string>
  /** The ids that the request's cookie names. */
  readonly ids: readonly string[]
  /** The form's token, read only where nothing else tells. */
  readonly formToken: () => Promise<string | null>
}

/**
 * Whether a change comes from a page of the application. A browser says so in `Sec-Fetch-Site`, one that is too old for that
 * in `Origin`. Where it says neither, its session is believed only with a token; without a cookie there is nothing to forge.
 */
export async function isFromOwnPage(request: Request, { own, trusted, ids, formToken }: Pages): Promise<boolean> {
  if (changesNothing.has(request.method)) return true
  const origin = request.headers.get('origin')
  if (origin !== null && trusted.has(origin)) return true
  const site = request.headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin' || site === 'none'
  if (origin !== null && origin !== 'null') return origin === own
  if (origin === null && ids.length === 0) return true
  const token = request.headers.get(tokenHeader) ?? (await formToken())
  // Of two cookies one may be planted, with a token that whoever planted it can make.
  return token !== null && ids.length === 1 && isSameText(token, tokenOf(ids[0] as string))
}

/** The token in the body of a form. The body can still be read by the handler. */
export async function tokenInForm(request: Request): Promise<string | null> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/x-www-form-urlencoded\b/i.test(type) || request.body === null || request.bodyUsed) return null
  const text = await firstBytes(request.clone(), longestForm)
  return text === null ? null : new URLSearchParams(text).get(tokenField)
}

/** The body as text; null for one that is longer, or ends too early. */
async function firstBytes(request: Request, most: number): Promise<string | null> {
  const reader = (request.body as ReadableStream<Uint8Array>).getReader()
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      parts.push(read.value)
      size += read.value.byteLength
      if (size > most) {
        // Not awaited: a copy of a body is cancelled when the other one is done.
        reader.cancel().catch(() => {})
        return null
      }
    }
  } catch {
    return null
  }
  return Buffer.concat(parts).toString('utf8')
}
