import { html } from 'hono/html'

export interface Problem {
  heading: string
  text: string
}

export function problemContent({ heading, text }: Problem) {
  return html`
    <section class="card problem">
      <h1>${heading}</h1>
      <p>${text}</p>
      <p><a class="button" href="/">To the home page</a></p>
    </section>`
}
