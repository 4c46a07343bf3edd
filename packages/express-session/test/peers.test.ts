import { readFileSync } from 'node:fs'
import { expressStore } from '@sess/express-session'
import { memoryStore } from '@sess/memory'
import { describe, expect, it } from 'vitest'
import { behaviourOf, rowOf } from './behaviour.ts'
import { fromPeer } from './from-peer.ts'
import { embeddedPeers } from './peers.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

it('@sess/express-session does what its row in the README says', async () => {
  expect(readme).toContain(rowOf('**@sess/express-session**', await behaviourOf(expressStore(memoryStore()))))
})

describe.each(embeddedPeers)('$name', ({ name, open }) => {
  it('does what its row in the README says', async () => {
    await using store = await open()
    expect(readme).toContain(rowOf(name, await behaviourOf(store)))
  })

  it('is left with one line changed, and nobody is signed out', () => fromPeer(open))
})
