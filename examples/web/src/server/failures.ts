import { isSessionError } from '@sess/core'
import { HTTPException } from 'hono/http-exception'
import { problemPage } from '../pages/page.ts'
import type { Problem } from '../pages/problem.ts'
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
  413: { heading: 'That was too much', text: 'The request is larger than any form of this application.' },
  500: { heading: 'Something went wrong', text: 'The fault is on our side. Try again, or come back later.' },
  503: {
    heading: 'Sessions cannot be reached at the moment',
    text: 'You are not signed out: the store that keeps the sessions does not answer. Wait a little, then load the page again.',
  },
} as const satisfies Record<number, Problem>

type FailureStatus = keyof typeof problems

export function failurePage(c: AppContext, status: FailureStatus) {
  if (status === 503) c.header('retry-after', '5')
  return problemPage(c, status, problems[status])
}

/** What an error means for the browser. An outage is no sign-out: the cookie stays as it is. */
export function statusOf(error: unknown): FailureStatus {
  if (error instanceof HTTPException && error.status in problems) return error.status as FailureStatus
  const outages = ['SESS_UNAVAILABLE', 'SESS_TIMEOUT', 'SESS_CLOSED', 'SESS_CONFLICT']
  return isSessionError(error) && outages.includes(error.code) ? 503 : 500
}
