import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('the site of the documentation is built, and no link in it leads nowhere', { timeout: 300_000 }, async () => {
  await promisify(execFile)(process.execPath, ['scripts/docs.mjs'])
  for (const page of ['index', 'guide/ten-minutes-to-a-login', 'stores/redis', 'reference/api/@sess/core/index']) {
    expect(`docs/.vitepress/dist/${page}.html`).toSatisfy(existsSync)
  }
})
