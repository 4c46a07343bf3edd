/** What is checked without running anything: `pnpm check` runs these, and `npm test` counts each as one test. */
export const checks = [
  { name: 'lint and format', command: ['biome', 'ci', '--error-on-warnings'] },
  { name: 'types', command: ['tsc'] },
]
