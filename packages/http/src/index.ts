export type { Exchange } from './exchange.ts'
export type { Failure } from './failure.ts'
export type {
  BeginSignInOptions,
  Device,
  Draft,
  HttpSession,
  SignInOptions,
  SignOutOthersOptions,
} from './http-session.ts'
export { type HttpSessions, httpSessions } from './http-sessions.ts'
export type { HttpSessionOptions } from './options.ts'
export type { SessionHeaders } from './response-headers.ts'
