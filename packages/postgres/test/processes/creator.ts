import { postgresStore } from '@sess/postgres'

/** Makes a session in the store of its arguments, as soon as it is told to, and says what came of it. */
const [url = '', schema = '', prepare] = process.argv.slice(2)

process.once('message', async () => {
  const store = postgresStore({ url, schema, prepare: prepare === 'true' })
  const outcome = await store.create().then(() => 'created', String)
  await store.close()
  process.send?.(outcome)
  process.disconnect()
})

process.send?.('ready')
