/** What the page before has to say: a redirect carries its name, and a number where one belongs to it. */
const texts = new Map<string, (n: number) => string>([
  ['signed-in', () => 'You are signed in. The session has a new id, and what was in it came along.'],
  ['signed-out', () => 'You are signed out. The old cookie opens nothing any more.'],
  ['cancelled', () => 'The sign-in was cancelled. Nothing has changed.'],
  ['devices', (n) => (n === 1 ? 'One session was signed out.' : `${n === 0 ? 'No' : n} sessions were signed out.`)],
  ['counted', (n) => `20 updates at once, ${n} counted.`],
])

/** The notice that these query parameters ask for; null for none. */
export function noticeFor({ notice = '', n = '' }: Record<string, string>): string | null {
  return texts.get(notice)?.(/^\d{1,6}$/.test(n) ? Number(n) : 0) ?? null
}
