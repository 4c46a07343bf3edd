/** What the browser brings from the application to the provider (RFC 6749 §4.1.1, RFC 7636 §4.3). */
export interface AuthorizationRequest {
  readonly state: string
  readonly codeChallenge: string
}

/** The one application that the provider knows, and the one place to which it sends a code. */
const client = { client_id: 'example-web', redirect_uri: '/sign-in/callback' } as const
const fixed = { ...client, response_type: 'code', code_challenge_method: 'S256' } as const

export const { redirect_uri: redirectUri } = client

/** The request as the parameters of a URL or a form. */
export function toParameters({ state, codeChallenge }: AuthorizationRequest): Record<string, string> {
  return { ...fixed, state, code_challenge: codeChallenge }
}

/** The request in these parameters; null where one is missing, or meant for another application or another place. */
export function fromParameters(parameters: Readonly<Record<string, unknown>>): AuthorizationRequest | null {
  const { state, code_challenge: codeChallenge } = parameters
  const known = Object.entries(fixed).every(([name, value]) => parameters[name] === value)
  return known && isToken(state) && isToken(codeChallenge) ? { state, codeChallenge } : null
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{43,128}$/.test(value)
}
