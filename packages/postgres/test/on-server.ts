import { type Addresses, isSkipped, type ServerName, shared } from '@sess/testkit'
import { describe, test } from 'vitest'

/** Declares tests on a shared server, which is not even started where the person who runs the tests leaves it out. */
export function onServer<Name extends ServerName>(
  server: Name,
  name: string,
  body: (address: Addresses[Name]) => void | Promise<void>,
): void {
  if (isSkipped(server)) describe.skip(name, () => test(`SESS_TEST_SKIP names ${server}`, () => {}))
  else describe(name, async () => body(await shared(server)))
}
