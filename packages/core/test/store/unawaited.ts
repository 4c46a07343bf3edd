// Calls every method on a backend that is down, awaits none, and prints which of them surfaced as unhandled rejections.
import { createSessionStore } from '../../src/store/create-session-store.ts'
import { everyMethod, surroundingsOf } from './every-method.ts'
import { MapBackend } from './map-backend.ts'

const backend = new MapBackend()
const surroundings = await surroundingsOf(createSessionStore(backend))
backend.before = () => {
  throw new Error('down')
}
const surfaced: [name: string, code: unknown][] = []
for (const [name, call] of Object.entries(everyMethod)) {
  process.once('unhandledRejection', (error) => surfaced.push([name, (error as { code?: unknown }).code]))
  void call(surroundings)
  for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve))
  process.removeAllListeners('unhandledRejection')
}
process.stdout.write(JSON.stringify(surfaced))
