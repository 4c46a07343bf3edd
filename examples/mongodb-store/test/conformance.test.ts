import { createHash, randomBytes } from 'node:crypto'
import { describeConformance } from '@sess/core/conformance'
import { type Document, MongoClient } from 'mongodb'
import { afterAll, describe, it } from 'vitest'
import { mongoStore } from '../src/index.ts'
import { startGate } from './gate.ts'
import { server, serverName } from './server.ts'

const client = await new MongoClient(server.uri).connect()
afterAll(async () => {
  await client.close()
  await server.stop()
})

interface Place {
  readonly gate: Awaited<ReturnType<typeof startGate>>
  readonly collection: string
}
const places = new WeakMap<object, Place>()
const placeOf = (store: object) => places.get(store) as Place
const collectionsOf = (store: object) =>
  ['', '_states'].map((suffix) => client.db().collection<Document>(placeOf(store).collection + suffix))

describe(`the conformance suite on ${serverName}`, () => {
  describeConformance(
    { describe, it },
    {
      takesOptions: true,
      async open(options) {
        const place = { gate: await startGate(server.uri), collection: `s${randomBytes(8).toString('hex')}` }
        const store = mongoStore({ ...options, uri: place.gate.uri, collection: place.collection })
        places.set(store, place)
        return store
      },
      openPeer(store, options) {
        const { gate, collection } = placeOf(store)
        return mongoStore({ ...options, uri: gate.uri, collection })
      },
      async teardown(store) {
        placeOf(store).gate.stop()
        for (const each of collectionsOf(store)) await each.drop()
      },
      dump: async (store) =>
        JSON.stringify(await Promise.all(collectionsOf(store).map((each) => each.find().toArray()))),
      async damage(store, idOrState) {
        const key = createHash('sha256').update(idOrState).digest('base64url')
        for (const each of collectionsOf(store)) {
          const found = await each.findOne({ key })
          if (found) await each.updateOne({ key }, { $set: { payload: found.payload.slice(1) } })
        }
      },
      async outage(store) {
        const { gate } = placeOf(store)
        gate.cut()
        return { end: gate.open }
      },
    },
  )
})
