import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'

/** A version of Better Auth. */
export interface Version {
  betterAuth(options: BetterAuthOptions): { handler(request: Request): Promise<Response> }
  readonly memoryAdapter: typeof memoryAdapter
}

export const newest: Version = { betterAuth, memoryAdapter }

interface Answer {
  readonly status: number
  readonly body: unknown
}

/** One browser with its cookies. */
export interface Browser {
  readonly token: string
  readonly cookies: ReadonlyMap<string, string>
  ask(path: string, body?: object): Promise<Answer>
  signUp(): Promise<Answer>
  signIn(): Promise<Answer>
  /** The e-mail address of who is signed in; null where nobody is. */
  user(): Promise<string | null>
  /** The tokens of the sessions that Better Auth lists. */
  listed(): Promise<string[]>
}

export interface Application {
  /** A browser, with the cookies of another where they are given. */
  browser(cookies?: ReadonlyMap<string, string>): Browser
}

const ada = { email: 'ada@example.com', password: 'correct horse', name: 'Ada' }
const baseURL = 'http://localhost:3000'

/** Better Auth with its adapter for memory as the database; passwords are not hashed. */
export function startApplication(
  version: Version,
  storage: NonNullable<BetterAuthOptions['secondaryStorage']>,
  { sendResetPassword, ...options }: Partial<BetterAuthOptions> & Record<string, unknown> = {},
): Application {
  const { handler } = version.betterAuth({
    baseURL,
    secret: 'a secret of the tests, with 32 characters and more',
    database: version.memoryAdapter({ user: [], account: [], session: [], verification: [] }),
    secondaryStorage: storage,
    emailAndPassword: {
      enabled: true,
      password: { hash: async (password) => password, verify: async ({ hash, password }) => hash === password },
      ...(sendResetPassword !== undefined && { sendResetPassword: sendResetPassword as never }),
    },
    rateLimit: { enabled: false },
    logger: { disabled: true },
    telemetry: { enabled: false },
    ...options,
  })
  return { browser: (cookies) => startBrowser(handler, cookies) }
}

function startBrowser(
  handler: (request: Request) => Promise<Response>,
  given: ReadonlyMap<string, string> = new Map(),
): Browser {
  const cookies = new Map(given)
  async function ask(path: string, body?: object): Promise<Answer> {
    const headers = new Headers({ origin: baseURL, 'x-forwarded-for': '192.0.2.1' })
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    if (body !== undefined) headers.set('content-type', 'application/json')
    const method = body === undefined ? 'GET' : 'POST'
    const request = new Request(`${baseURL}/api/auth${path}`, { method, headers, body: JSON.stringify(body) ?? null })
    const response = await handler(request)
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : JSON.parse(text) }
  }
  return {
    get token() {
      return decodeURIComponent(cookies.get('better-auth.session_token') ?? '').split('.')[0] ?? ''
    },
    get cookies() {
      return new Map(cookies)
    },
    ask,
    signUp: () => ask('/sign-up/email', ada),
    signIn: () => ask('/sign-in/email', ada),
    async user() {
      const { status, body } = await ask('/get-session')
      if (status !== 200) throw new Error(`get-session answered ${status}`)
      return (body as { user: { email: string } } | null)?.user.email ?? null
    },
    async listed() {
      const { body } = await ask('/list-sessions')
      return (body as { token: string }[]).map(({ token }) => token)
    },
  }
}
