import { fileURLToPath } from 'node:url'
import { isSessionError } from '@sess/core'
import { readCommandLine, usage } from './command-line.ts'
import { createApp } from './server/app.ts'
import { listen, type RunningServer } from './server/listen.ts'
import { startFailure } from './start-failure.ts'
import { openStoreByUrl } from './store-by-url.ts'

const defaultStoreUrl = `sqlite:${encodeURIComponent(fileURLToPath(new URL('../sessions.db', import.meta.url)))}`

async function main(): Promise<void> {
  const options = readCommandLine(process.argv.slice(2), process.env, defaultStoreUrl)
  if (options === null) return console.log(usage)

  const { store, label } = await openStoreByUrl(options.storeUrl)
  const app = createApp({ store, label, trustProxy: options.trustProxy, log: console.log })
  let server: RunningServer
  try {
    server = await listen(app.fetch, options)
  } catch (error) {
    await store.close()
    throw startFailure(error, options)
  }

  const stop = async () => {
    console.log('Closing.')
    await server.close()
    await store.close()
  }
  // A second signal finds no handler any more, and ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop().catch(fail))
  console.log(`Sessions are kept in ${label.name} ${label.place}`)
  console.log(`http://${isLocal(options.host) ? 'localhost' : options.host}:${server.port}`)
}

function isLocal(host: string): boolean {
  return ['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host)
}

function fail(error: unknown): void {
  const { message } = error as Error
  console.error(isSessionError(error) ? `${error.code}: ${message}` : message)
  process.exitCode = 1
}

await main().catch(fail)
