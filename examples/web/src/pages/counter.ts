import { html } from 'hono/html'

export function counterCard(count: number, burst: number) {
  return html`
    <section class="card counter" aria-labelledby="counter-heading">
      <h2 id="counter-heading">Counter in this session</h2>
      <p class="count"><output>${count}</output></p>
      <form method="post" action="/counter" class="buttons">
        <button name="times" value="1">Add one</button>
        <button name="times" value="${burst}" class="secondary">Add ${burst} at once</button>
      </form>
      <p class="hint">Press in two tabs as fast as you can: every press counts, because each is an atomic update.</p>
    </section>`
}
