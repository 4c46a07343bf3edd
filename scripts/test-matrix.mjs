// npm run test:matrix             the tests that are too long for `npm test`: other drivers, and clusters of databases
// npm run test:matrix -- ARGS...  of these, what vitest finds with these arguments: `npm run test:matrix -- galera`
//
// The last line on standard output is `N passed, N failed, N skipped`.

import { closingLine } from './total.mjs'
import { vitest } from './vitest.mjs'

await vitest('--project=matrix', ...process.argv.slice(2))
closingLine()
