import type { Settings } from './options.ts'

/** The origin under which the browser knows the application. */
export function ownOrigin(request: Request, { origin, trustProxy }: Pick<Settings<object>, 'origin' | 'trustProxy'>) {
  if (origin !== undefined) return origin
  const url = new URL(request.url)
  if (!trustProxy) return url.origin
  // Each proxy of a chain may have added its own: the first one has the browser before it.
  const [proto] = forwarded(request, 'x-forwarded-proto')
  const [host] = forwarded(request, 'x-forwarded-host')
  const scheme = proto === 'https' || proto === 'http' ? `${proto}:` : url.protocol
  return URL.parse(`${scheme}//${host ?? url.host}`)?.origin ?? url.origin
}

function forwarded({ headers }: Request, name: string): string[] {
  return (headers.get(name) ?? '').split(',').flatMap((part) => part.trim().toLowerCase() || [])
}
