import type { Address } from './server/listen.ts'

/** What to tell the person at the terminal when the server cannot listen. */
const advice = new Map<unknown, (address: Address) => string>([
  [
    'EADDRINUSE',
    ({ port }) =>
      `Port ${port} is taken by another program. Choose another one, e.g.\n  npm start -- --port ${port < 65_535 ? port + 1 : 3000}`,
  ],
  [
    'EACCES',
    ({ port }) => `This user may not listen on port ${port}. Choose one above 1023, e.g.\n  npm start -- --port 3000`,
  ],
  ['EADDRNOTAVAIL', ({ host }) => `This machine has no address ${host}.`],
  ['ENOTFOUND', ({ host }) => `There is no host ${host}.`],
])

/** The error with words of its own for what commonly goes wrong; any other error as it is. */
export function startFailure(error: unknown, address: Address): unknown {
  const text = advice.get((error as NodeJS.ErrnoException).code)?.(address)
  return text === undefined ? error : new Error(text, { cause: error })
}
