// A process that is one subject, and does what the main process asks of it.

import { subjectsOf } from '../subjects/backends.ts'
import { Bench } from './bench.ts'
import type { Reply, Request } from './messages.ts'

let bench: Bench | undefined

async function answer(request: Request): Promise<unknown> {
  if ('open' in request) {
    const { backend, role, place } = request.open
    const [definition] = await subjectsOf(backend, [role])
    if (definition === undefined) throw new Error(`${backend} has no ${role}`)
    bench = await Bench.open(definition, place)
    return undefined
  }
  if (bench === undefined) throw new Error('nothing is open')
  const call = bench[request.call] as (argument: unknown) => unknown
  return await call.call(bench, request.argument)
}

process.on('message', (request: Request) => {
  answer(request).then(
    (value) => reply({ value }),
    (error: unknown) => reply({ error: describe(error) }),
  )
})

// The main process is done, or gone. Timers and pools of the subject would keep this one alive.
process.on('disconnect', () => process.exit())

function reply(message: Reply): void {
  process.send?.(message)
}

/** A driver's error may say nothing but its code. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { message, cause } = error
  const { code } = error as { code?: unknown }
  const own = [code, message].filter(Boolean).join(': ') || error.name
  return cause === undefined ? own : `${own} (${describe(cause)})`
}
