import pg from 'pg-lowest'
import postgres from 'postgres-lowest'
import type { Drivers } from './clients.ts'

/** The lowest versions of the drivers that the package takes. */
export const lowest = { postgres, pg } as unknown as Drivers
