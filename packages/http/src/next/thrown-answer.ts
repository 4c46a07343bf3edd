/**
 * `redirect()`, `notFound()`, `forbidden()` and `unauthorized()` of Next.js throw, and say in a digest what they mean. As a
 * response it can carry the session's cookie. Null for any other error.
 */
export function thrownAnswer(error: unknown): Response | null {
  const digest = (error as { digest?: unknown } | null | undefined)?.digest
  if (typeof digest !== 'string') return null
  const [kind, ...parts] = digest.split(';')
  if (kind === 'NEXT_HTTP_ERROR_FALLBACK') return new Response(null, { status: Number(parts[0]) })
  if (kind !== 'NEXT_REDIRECT') return null
  // NEXT_REDIRECT;push or replace;the URL, which may hold semicolons;the status;
  return new Response(null, { status: Number(parts.at(-2)), headers: { location: parts.slice(1, -2).join(';') } })
}
