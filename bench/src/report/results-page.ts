/** The terminal's reports of each command, one for each backend. */
export interface Reports {
  comparison: readonly string[]
  scale: readonly string[]
  profile: readonly string[]
}

const sections: readonly (readonly [kind: keyof Reports, title: string, command: string])[] = [
  ['comparison', 'Beside the most-used stores', 'pnpm bench'],
  ['profile', 'Where the time goes', 'pnpm bench profile'],
  ['scale', 'At scale', 'pnpm bench scale'],
]

/** All that is kept, as a page of Markdown: each report folded under its title. */
export function resultsPage(reports: Reports): string {
  const lines = sections.flatMap(([kind, title, command]) =>
    reports[kind].length > 0 ? [`## ${title}: \`${command}\``, '', ...reports[kind].map(folded)] : [],
  )
  return [
    '# Results',
    '',
    'What the last whole runs printed. The commands write this page, the picture and the files beside it.',
    '',
    ...lines,
  ].join('\n')
}

function folded(report: string): string {
  const [heading = '', ...rest] = report.trimEnd().split('\n')
  const title = heading.replace(/^# /, '')
  return `<details><summary>${title}</summary>\n\n\`\`\`text\n${rest.join('\n').trim()}\n\`\`\`\n\n</details>\n`
}
