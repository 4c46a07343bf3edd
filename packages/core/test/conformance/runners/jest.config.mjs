/** How somebody would run the suite under jest, which needs to be told of ES modules and of TypeScript. */
export default {
  rootDir: '../../..',
  testMatch: ['<rootDir>/test/conformance/runners/globals.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/conformance/runners/strip-types-transform.mjs' },
}
