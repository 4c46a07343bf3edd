import { type Address, isSkipped, shared } from '@sess/testkit'
import { describe, test } from 'vitest'

/** Declares tests on two nodes of a cluster, which is not even started where the person who runs the tests leaves it out. */
export function onTwoNodes(
  cluster: 'galera' | 'mysql-group',
  name: string,
  body: (one: Address, other: Address) => void | Promise<void>,
): void {
  if (isSkipped(cluster)) {
    describe.skip(name, () => test(`SESS_TEST_SKIP names ${cluster}`, () => {}))
    return
  }
  describe(name, async () => {
    const { nodes } = await shared(cluster)
    const [one, other] = nodes as [Address, Address]
    await body(one, other)
  })
}
