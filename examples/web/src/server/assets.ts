import { readFileSync } from 'node:fs'
import { Hono } from 'hono'
import type { AppEnv } from './app-env.ts'

const types = { 'style.css': 'text/css; charset=utf-8', 'icon.svg': 'image/svg+xml' } as const

/** The few files that are not pages. They are the same for everybody, and need no session. */
export const assetRoutes = new Hono<AppEnv>()

for (const [name, type] of Object.entries(types)) {
  const body = readFileSync(new URL(`../pages/${name}`, import.meta.url), 'utf8')
  assetRoutes.get(`/${name}`, (c) => c.body(body, 200, { 'content-type': type, 'cache-control': 'public, max-age=60' }))
}
