import { html } from 'hono/html'
import type { StoreLabel } from '../store-by-url.ts'
import { logo } from './logo.ts'

export type Html = ReturnType<typeof html>

/** The frame of every page. */
export function layout(store: StoreLabel, title: string, content: Html) {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title} · sess</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/style.css">
  </head>
  <body>
    <a class="skip" href="#main">Skip to content</a>
    <header>
      <a class="brand" href="/">${logo}<span>sess</span></a>
      <p class="store">Sessions are kept in <strong>${store.name}</strong> ${store.place}</p>
    </header>
    <main id="main">${content}</main>
    <footer>
      <p>Plain HTML, no script. Open it in two browsers, sign in as the same person, and watch the list of sessions.</p>
    </footer>
  </body>
</html>`
}
