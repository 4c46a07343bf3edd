import { parseArgs } from 'node:util'

export interface CommandLine {
  storeUrl: string
  host: string
  port: number
  trustProxy: boolean
}

export const usage = `Usage: npm start -- [STORE_URL] [--port PORT] [--host HOST]

  STORE_URL   where sessions live: sqlite:./file.db, memory:, redis://..., rediss://..., redis-cluster://...,
              redis-sentinel://..., postgres://..., mysql://...
              Default: a SQLite file beside the example.
  --port      default 3000, or the environment's PORT; 0 for any free one
  --host      default 127.0.0.1, or the environment's HOST

TRUST_PROXY=1 believes a proxy's X-Forwarded-Proto.`

/**
 * What the command line and the environment ask for, or null for help.
 * @throws `Error` with a message for the person who typed it
 */
export function readCommandLine(args: string[], env: NodeJS.ProcessEnv, defaultStoreUrl: string): CommandLine | null {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { port: { type: 'string' }, host: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) return null
  if (positionals.length > 1) throw new Error(`One store URL is enough; there are ${positionals.length}.`)
  return {
    storeUrl: positionals[0] ?? defaultStoreUrl,
    host: values.host ?? (env.HOST || '127.0.0.1'),
    port: readPort(values.port ?? (env.PORT || '3000')),
    trustProxy: env.TRUST_PROXY === '1',
  }
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new Error(`The port must be a number from 0 to 65535, and '${text}' is not.`)
  return port
}
