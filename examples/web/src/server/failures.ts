import type { Failure } from '@sess/http'
import { HTTPException } from 'hono/http-exception'
import { layout } from '../pages/layout.ts'
import { problemPage } from '../pages/page.ts'
import { type Problem, problemContent } from '../pages/problem.ts'
import type { StoreLabel } from '../store-by-url.ts'
import type { AppContext } from './app-env.ts'

const problems = {
  400: {
    heading: 'This request cannot be read',
    text: 'Something in it is malformed, or it ended too early. Nothing has changed.',
  },
  403: {
    heading: 'This request came from another site',
    text: 'Changes are taken only from the pages of this application. Nothing has changed.',
  },
  404: { heading: 'There is no such page', text: 'The address may be mistyped, or the page has moved.' },
  409: {
    heading: 'This session has ended meanwhile',
    text: 'You may have signed in or out in another tab. Nothing has changed; start again from the home page.',
  },
  413: { heading: 'That was too much', text: 'The request is larger than any form of this application.' },
  500: { heading: 'Something went wrong', text: 'The fault is on our side. Try again, or come back later.' },
  503: {
    heading: 'Sessions cannot be reached at the moment',
    text: 'You are not signed out: the store that keeps the sessions does not answer. Wait a little, then load the page again.',
  },
} as const satisfies Record<number, Problem>

type FailureStatus = keyof typeof problems

export function failurePage(c: AppContext, status: FailureStatus) {
  return problemPage(c, status, problems[status])
}

/** What an error of the application means for the browser. */
export function statusOf(error: unknown): FailureStatus {
  return error instanceof HTTPException && error.status in problems ? (error.status as FailureStatus) : 500
}

/** The page for a request whose session could not be used. An outage is no sign-out: the cookie stays as it is. */
export async function sessionFailure(label: StoreLabel, { status }: Failure): Promise<Response> {
  const headers = new Headers({ 'content-type': 'text/html; charset=utf-8' })
  if (status === 503) headers.set('retry-after', '5')
  const problem = problems[status]
  return new Response(String(await layout(label, problem.heading, problemContent(problem))), { status, headers })
}
