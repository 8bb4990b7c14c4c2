// SPDX-License-Identifier: MIT
// The built-in pages behind mailed links, as a real Chromium opens them: their
// policy lets just their own script run, and that does what the button says.
import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, bin, refresh, status } from './lib/checks.mjs';
import { site, startChromium } from './lib/browser.mjs';

const chromium = await startChromium();

after(() => chromium.stop());

through({ sink: {}, config: { two_factor: { email_default: 'no' }, mail: { cooldown: 1 } } }, (web, stack) => {
  const link = async (to, kind, page) => {
    const url = new URL((await stack.sink.waitFor({ to, kind })).links.find((l) => l.includes(page)));
    return url.pathname + url.search;
  };

  /** Somebody who has opened a page; `press` presses its button and gives what
   *  it then says, `trouble` is what the browser has complained of. */
  async function open(path, options) {
    const person = await chromium.person(web, options);
    const trouble = [];
    person.page.on('console', (m) => (['error', 'warning'].includes(m.type()) ? trouble.push(m.text()) : undefined));
    person.page.on('pageerror', (e) => trouble.push(String(e)));
    await person.go(path);
    const said = person.page.locator('#status');
    const press = async (fill) => {
      if (fill !== undefined) await person.page.locator('#password').fill(fill);
      await person.page.evaluate(() => { document.getElementById('status').textContent = ''; });
      await person.page.getByRole('button').click();
      await person.page.waitForFunction(() => document.getElementById('status').textContent !== '');
      return said.textContent();
    };
    return { person, page: person.page, front: person.front, press, said, trouble };
  }

  /** Nothing of the token is left in the address or told to anybody. */
  function assertDiscreet({ page, front }, path) {
    const token = new URL(path, site).searchParams.get('token');
    assert.equal(page.url(), new URL(path, site).origin + new URL(path, site).pathname);
    for (const { headers } of front.seen) assert.ok(!(headers.referer ?? '').includes(token) && headers.cookie === undefined);
  }

  it('SA-39 opening a link verifies nothing, its button does', async () => {
    const { email, subject } = await web.signIn();
    const path = await link(email, 'verify-email', 'verify-email');
    const verified = () => stack.sql(`SELECT email_verified_us > 0 FROM account WHERE id = ${bin(subject)}`)[0][0];
    const here = await open(path);
    assert.equal(await here.said.textContent(), '');
    assert.equal(verified(), '0');
    assertDiscreet(here, path);
    assert.match(await here.press(), /address is confirmed/);
    assert.equal(verified(), '1');
    assert.equal(await here.page.getByRole('button').isVisible(), false);
    assertDiscreet(here, path);
    assert.deepEqual(here.trouble, []);
    await here.person.leave();
    const again = await open(path, { locale: 'de-DE' });
    assert.match(await again.press(), /schon bestätigt/);
    await again.person.leave();
  });

  it('SA-39 a link without its token has no button', async () => {
    const here = await open('/account/reset-password');
    assert.match(await here.said.textContent(), /not complete/);
    assert.equal(await here.page.getByRole('button').isVisible(), false);
    assert.deepEqual(here.trouble, []);
    await here.person.leave();
  });

  it('PWR-2 PWR-4 A-6.2.7 the page for a new password sets one that is fit, once', async () => {
    const session = await web.signIn();
    const fresh = 'a wholly different phrase';
    stack.sql('DELETE FROM throttle');
    assertOk(await web.request('POST', '/api/auth/password/reset-request', { json: { email: session.email } }));
    const path = await link(session.email, 'password-reset', 'reset-password');
    const here = await open(path);
    assert.deepEqual(await here.page.locator('#password').evaluate((e) => [e.type, e.autocomplete]), ['password', 'new-password']);
    assert.match(await here.press('short'), /too short/);
    assert.match(await here.press('password123'), /Many people/);
    assertOk(await status(web, session.accessToken));
    assert.match(await here.press(fresh), /new password is set/);
    assertDiscreet(here, path);
    await here.person.leave();
    assertProblem(await refresh(web, session.refreshToken), 401, 'SESSION_INVALID');
    assertProblem(await web.request('POST', '/api/auth/login', { json: { email: session.email, password: session.password } }), 401, 'INVALID_CREDENTIALS');
    assertOk(await web.request('POST', '/api/auth/login', { json: { email: session.email, password: fresh } }));
    const again = await open(path);
    assert.match(await again.press(fresh), /not valid or has been used/);
    await again.person.leave();
  });

  it('SA-36 "this was not me" ends that session and asks for a new password', async () => {
    const session = await web.signIn();
    const stranger = await web.signIn({ email: session.email, register: false });
    const path = await link(session.email, 'new-device', 'sign-out-device');
    const here = await open(path);
    assertOk(await status(web, stranger.accessToken));
    assert.notEqual(await here.press(), '');
    assert.equal(await here.page.getByRole('button').isVisible(), false);
    assertDiscreet(here, path);
    assert.deepEqual(here.trouble, []);
    await here.person.leave();
    assertProblem(await status(web, stranger.accessToken), 401, 'SESSION_INVALID');
    assertProblem(await web.request('POST', '/api/auth/login', { json: { email: session.email, password: session.password } }), 401, 'INVALID_CREDENTIALS');
    assert.ok(await link(session.email, 'password-reset', 'reset-password'));
  });
});
