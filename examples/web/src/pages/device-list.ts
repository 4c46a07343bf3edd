import { html } from 'hono/html'
import type { AppDevice } from '../session/session.ts'
import { deviceName } from './device-name.ts'
import { time } from './time.ts'

/** All sessions of the person; one of them is looking. */
export function deviceList(devices: readonly AppDevice[], now: number) {
  return html`
    <section class="card devices" aria-labelledby="devices-heading">
      <div class="heading">
        <h2 id="devices-heading">Where you are signed in</h2>
        ${
          devices.length > 1 &&
          html`<form method="post" action="/devices/sign-out-others"><button class="quiet">Sign out everywhere else</button></form>`
        }
      </div>
      <ul>
        ${devices.map((device) => deviceRow(device, now))}
      </ul>
    </section>`
}

function deviceRow(device: AppDevice, now: number) {
  const name = deviceName(device.data.userAgent)
  return html`
    <li>
      <div>
        <strong>${name}</strong>${device.isThis && html` <span class="badge">This device</span>`}
        <small>Signed in ${time(device.authenticatedAt ?? device.createdAt, now)} · last seen ${time(device.lastSeenAt, now)}</small>
      </div>
      ${
        !device.isThis &&
        html`<form method="post" action="/devices/sign-out">
          <input type="hidden" name="handle" value="${device.handle}">
          <button class="quiet">Sign out<span class="visually-hidden"> ${name}</span></button>
        </form>`
      }
    </li>`
}
