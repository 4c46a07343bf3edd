import { createMiddleware } from 'hono/factory'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppContext, AppEnv } from '../server/app-env.ts'
import type { StoreLabel } from '../store-by-url.ts'
import { type Html, layout } from './layout.ts'
import { type Problem, problemContent } from './problem.ts'

/** Tells every page which store is in use. */
export function storeLabel(label: StoreLabel) {
  return createMiddleware<AppEnv>(async (c, next) => {
    c.set('storeLabel', label)
    await next()
  })
}

/** Answers with a page. */
export function page(c: AppContext, title: string, content: Html, status: ContentfulStatusCode = 200) {
  return c.html(layout(c.var.storeLabel, title, content), status)
}

/** Answers with a page that says what is wrong and how to go on. */
export function problemPage(c: AppContext, status: ContentfulStatusCode, problem: Problem) {
  return page(c, problem.heading, problemContent(problem), status)
}
