// SPDX-License-Identifier: MIT
// Sign-ins from somewhere new, refresh tokens that come back, and the owner's
// answer: "this was not me".
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, auditOf, bearer, chrome, mailsTo, pastOverlap, refresh, sessionRow, status, tally, together } from './lib/checks.mjs';
import { addresses, world } from './lib/mmdb.mjs';
import { folder, own, remove } from './lib/process.mjs';

const dir = folder('gh-alerts-');
const database = join(dir, 'world.mmdb');
writeFileSync(database, world());
own(database);
after(() => remove(dir));

const config = (more = {}) => ({
  geoip: { database }, two_factor: { email_default: 'no' },
  http: { public_url: 'https://id.example.test', require_https: 'no', trusted_proxies: '127.0.0.1' }, ...more,
});
const password = 'a long enough phrase';
const at = (ip) => ({ headers: { 'X-Forwarded-For': ip } });

async function register(web) {
  const email = `${Math.random().toString(36).slice(2)}@example.org`;
  assertOk(await web.request('POST', '/api/auth/register', { json: { email, password, name: 'Ann' } }));
  return email;
}

/** A sign-in by a browser (a fresh one if none is named) at an address. */
async function signIn(web, email, { browser = web.browser(), ip = addresses.berlin } = {}) {
  const json = assertOk(await browser.post('/api/auth/login', { email, password }, at(ip)));
  return { ...json, browser, subject: json.user.id };
}

function told(stack, who) {
  return ['sign_in.new_device', 'sign_in.new_country'].map((kind) => auditOf(stack, kind, { session: who.sessionId }).length);
}

/** Somebody at home, a stranger's sign-in, and the token of the alert. */
async function stranger(web, stack) {
  const email = await register(web);
  const home = await signIn(web, email);
  const foreign = await signIn(web, email, { ip: addresses.tokyo });
  const mail = await stack.sink.waitFor({ to: email, kind: 'new-device' });
  const [link] = mail.links.filter((l) => l.startsWith('https://id.example.test/account/sign-out-device?token='));
  return { email, home, foreign, mail, link: new URL(link), token: new URL(link).searchParams.get('token') };
}

const notMe = (web, token) => web.request('POST', '/api/auth/not-me', { json: { token } });

through({ name: 'alerts', sink: {}, config: config() }, (web, stack) => {
  it('A-6.3.5 the first sign-in of an account tells nothing', async () => {
    const email = await register(web);
    const who = await signIn(web, email);
    assert.deepEqual(told(stack, who), [0, 0]);
    assert.equal(await mailsTo(stack, { email, subject: who.subject }, 'new-device'), 0);
  });

  it('LOG-8 A-6.3.5 ALR-1 a new device is told once, with browser and system', async () => {
    const email = await register(web);
    await signIn(web, email);
    const who = await signIn(web, email);
    assert.deepEqual(told(stack, who), [1, 0]);
    const mail = await stack.sink.waitFor({ to: email, kind: 'new-device' });
    assert.match(mail.text, /Chrome on Windows/);
    assert.match(mail.text, /Berlin, DE/);
    assert.equal(await mailsTo(stack, { email, subject: who.subject }, 'new-device'), 1);
  });

  it('LOG-8 a device that is known is not told of', async () => {
    const email = await register(web);
    const first = await signIn(web, email);
    const again = await signIn(web, email, { browser: first.browser });
    assert.deepEqual(told(stack, again), [0, 0]);
  });

  it('A-6.3.5 a new country is told of, also on a known device, and is known then', async () => {
    const email = await register(web);
    const { browser } = await signIn(web, email);
    const abroad = await signIn(web, email, { browser, ip: addresses.paris });
    assert.deepEqual(told(stack, abroad), [0, 1]);
    await stack.sink.waitFor({ to: email, kind: 'new-device' });
    assert.deepEqual(told(stack, await signIn(web, email, { browser, ip: addresses.paris })), [0, 0]);
    assert.deepEqual(told(stack, await signIn(web, email, { browser, ip: addresses.nowhere })), [0, 0]);
  });

  it('A-6.3.5 the first country that is known is no news', async () => {
    const email = await register(web);
    const { browser } = await signIn(web, email, { ip: addresses.nowhere });
    assert.deepEqual(told(stack, await signIn(web, email, { browser })), [0, 0]);
  });

  it('ALR-1 a refresh token that came back is told of', async () => {
    const email = await register(web);
    const who = await signIn(web, email);
    const child = assertOk(await refresh(web, who.refreshToken));
    assertOk(await status(web, child.accessToken));
    pastOverlap(stack, who.sessionId);
    assertOk(await refresh(web, child.refreshToken));
    assertProblem(await refresh(web, who.refreshToken), 401, 'TOKEN_THEFT_DETECTED');
    await stack.sink.waitFor({ to: email, kind: 'token-reuse' });
    assert.equal(await mailsTo(stack, { email, subject: who.subject }, 'token-reuse'), 1);
  });

  it('SA-36 "this was not me" ends that session and forces a new password', async () => {
    const { email, home, foreign, token } = await stranger(web, stack);
    assertOk(await notMe(web, token));
    assertProblem(await status(web, foreign.accessToken), 401, 'SESSION_INVALID');
    assertProblem(await refresh(web, foreign.refreshToken), 401, 'SESSION_INVALID');
    assert.equal(sessionRow(stack, foreign.sessionId, 'revoked_reason')[0], 'not-me');
    assert.equal(auditOf(stack, 'session.not_me', { session: foreign.sessionId }).length, 1);
    assertProblem(await status(web, home.accessToken), 401, 'ACCESS_TOKEN_EXPIRED');
    assertProblem(await web.request('POST', '/api/auth/login', { json: { email, password } }), 401, 'INVALID_CREDENTIALS');
    const reset = await stack.sink.waitFor({ to: email, kind: 'password-reset' });
    const [link] = reset.links.filter((l) => l.includes('token='));
    assertOk(await web.request('POST', '/api/auth/password/reset', { json: { token: new URL(link).searchParams.get('token'), newPassword: 'quite another phrase' } }));
    assertOk(await web.request('POST', '/api/auth/login', { json: { email, password: 'quite another phrase' } }));
  });

  it('a mail scanner that opens the link changes nothing', async () => {
    const { foreign, link, token } = await stranger(web, stack);
    for (const method of ['GET', 'HEAD']) {
      assert.equal((await web.request(method, link.pathname + link.search)).status, 200);
      assert.equal((await web.request(method, `/api/auth/not-me?token=${token}`)).status, 405);
    }
    assertOk(await status(web, foreign.accessToken));
    assertOk(await notMe(web, token));
  });

  it('the link is good once, also of several at the same time', async () => {
    const { email, home, token } = await stranger(web, stack);
    assert.deepEqual(tally(await together(6, () => notMe(web, token))), { 200: 1, 401: 5 });
    assertProblem(await notMe(web, token), 401, 'LINK_TOKEN_INVALID');
    await stack.sink.waitFor({ to: email, kind: 'password-reset' });
    assert.equal(await mailsTo(stack, { email, subject: home.subject }, 'password-reset'), 1);
  });

  it('a second alert leaves the first one its link', async () => {
    const { email, token, foreign } = await stranger(web, stack);
    await signIn(web, email, { ip: addresses.paris });
    assertOk(await notMe(web, token));
    assertProblem(await status(web, foreign.accessToken), 401, 'SESSION_INVALID');
  });

  it('a link that has expired', async () => {
    const { token, foreign } = await stranger(web, stack);
    stack.sql("UPDATE challenge SET expires_us = created_us + 1 WHERE kind = 'not-me'");
    assertProblem(await notMe(web, token), 401, 'LINK_TOKEN_EXPIRED');
    assertOk(await status(web, foreign.accessToken));
  });

  for (const token of ['x', 'A'.repeat(64), 'A'.repeat(512)]) {
    it(`a token of no link, ${token.length} long, ends nothing`, async () => {
      assertProblem(await notMe(web, token), 401, 'LINK_TOKEN_INVALID');
    });
  }

  it('a link for something else ends nothing', async () => {
    const { email, foreign } = await stranger(web, stack);
    assertOk(await web.request('POST', '/api/auth/password/reset-request', { json: { email } }));
    const { links } = await stack.sink.waitFor({ to: email, kind: 'password-reset' });
    assertProblem(await notMe(web, new URL(links.find((l) => l.includes('token='))).searchParams.get('token')), 401, 'LINK_TOKEN_INVALID');
    assertOk(await web.request('GET', '/api/auth/sessions', { headers: { ...bearer(foreign.accessToken), 'User-Agent': chrome } }));
  });
});

through({ name: 'switches off', sink: {}, config: config({ alerts: { new_device: 'no', token_reuse: 'no' } }) }, (web, stack) => {
  it('LOG-8 ALR-1 with its switch off a new device is an event and no mail', async () => {
    const email = await register(web);
    await signIn(web, email);
    const who = await signIn(web, email, { ip: addresses.tokyo });
    assert.deepEqual(told(stack, who), [1, 1]);
    assert.equal(await mailsTo(stack, { email, subject: who.subject }, 'new-device'), 0);
  });
});
