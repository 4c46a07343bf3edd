// pnpm docs             the site of the documentation, in docs/.vitepress/dist; fails on a link that leads nowhere
// pnpm docs dev         the same while it is written, in a browser

import { readFileSync, writeFileSync } from 'node:fs'
import { runProcess } from './run-process.mjs'
import { deadAnchors } from './docs/dead-anchors.mjs'
import { writeApi } from './docs/write-api.mjs'

async function inDocs(program, ...args) {
  const { code } = await runProcess('pnpm', ['--dir', 'docs', 'exec', program, ...args])
  if (code !== 0) process.exit(code ?? 1)
}
