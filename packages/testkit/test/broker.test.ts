import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Address, isSkipped, shared, startBroker } from '../src/index.ts'
import { runCommand } from '../src/process/run-command.ts'

const script = fileURLToPath(new URL('./fixtures/asks-the-broker.ts', import.meta.url))

describe('the broker', () => {
  it.skipIf(isSkipped('redis7'))('gives one server to all processes of a run', async () => {
    await using _broker = await startBroker()
    const here = await shared('redis7')
    const outputs = await Promise.all([1, 2].map(() => runCommand(process.execPath, [script, 'redis7'])))
    const elsewhere = outputs.map((output) => (JSON.parse(output) as Address).url)
    expect(elsewhere).toEqual([here.url, here.url])
  })

  it('hands on why a server cannot be had', async () => {
    await using _broker = await startBroker()
    const { SESS_TESTKIT_BROKER } = process.env
    expect(SESS_TESTKIT_BROKER).toBeDefined()
    const asked = runCommand(process.execPath, [script, 'oracle'])
    await expect(asked).rejects.toThrow('there is no server /oracle')
  })
})
