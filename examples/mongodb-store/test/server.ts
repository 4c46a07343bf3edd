import { startStandIn } from './stand-in/index.ts'

const named = process.env.SESS_TEST_MONGODB_URL

/** The server that the environment names, else the stand-in. */
export const server = named ? { uri: named, stop: async () => {} } : await startStandIn()

export const serverName = named ? 'a real server' : 'a stand-in'
