import { isSessionError, type SessionError } from '@sess/core'

/** Why a request did not get the answer of its handler. */
export interface Failure {
  /** 403: it came from another site. 409: its session has ended meanwhile. 503: the store failed, or refused what was to be saved. */
  readonly status: 403 | 409 | 503
  /** The store's error; of a 403 there is none. */
  readonly error?: SessionError
}

const texts: Readonly<Record<Failure['status'], string>> = {
  403: 'This request came from another site. Nothing has changed.',
  409: 'This session has ended or changed meanwhile. Load the page again.',
  503: 'Sessions cannot be reached or saved at the moment. You are not signed out; try again later.',
}

export const forbidden: Failure = { status: 403 }

export function failureOf(error: SessionError): Failure {
  return { status: isSessionError(error, 'SESS_GONE') ? 409 : 503, error }
}

/** The plain answer to a failure. It holds nothing of the error, which may name keys of the data. */
export function plainAnswer({ status, error }: Failure): Response {
  const headers = new Headers({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
  if (error?.retryable) headers.set('retry-after', '5')
  return new Response(texts[status], { status, headers })
}
