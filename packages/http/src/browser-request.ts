import type { Settings } from './options.ts'

/** What of a request is needed here; a `Request` is one. */
export type RequestHead = Pick<Request, 'url' | 'method' | 'headers'>

/** The origin under which the browser knows the application. */
export function ownOrigin(
  request: RequestHead,
  { origin, trustProxy }: Pick<Settings<object>, 'origin' | 'trustProxy'>,
) {
  if (origin !== undefined) return origin
  const url = new URL(request.url)
  if (!trustProxy) return url.origin
  // Of a chain of proxies each may have added its own: the first one has the browser before it.
  const [proto] = forwarded(request, 'x-forwarded-proto')
  const [host] = forwarded(request, 'x-forwarded-host')
  const scheme = proto === 'https' || proto === 'http' ? `${proto}:` : url.protocol
  return URL.parse(`${scheme}//${host ?? url.host}`)?.origin ?? url.origin
}

function forwarded({ headers }: RequestHead, name: string): string[] {
  return (headers.get(name) ?? '').split(',').flatMap((part) => part.trim().toLowerCase() || [])
}
