const total = { passed: 0, failed: 0, skipped: 0 }

export function add(counts) {
  for (const key of Object.keys(total)) total[key] += counts[key] ?? 0
}

/** Prints the sum of what was added, and has this process end with 1 where something failed or nothing ran. */
export function closingLine() {
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
}
