// SPDX-License-Identifier: MIT
// The browser SDK of SuperTokens as it is published, in a real Chromium, with no
// back end between it and the house.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { startChromium } from './lib/browser.mjs';
import { assertStatus, refreshSession, verifySession } from './lib/core.mjs';
import { throughFrontend } from './lib/frontend.mjs';
import { until } from './lib/process.mjs';
import { calls as callsOf, exists as existsOn, loadSdk, sign as signOn, signOut } from './lib/sdk_page.mjs';

const some = () => `u${Math.random().toString(36).slice(2)}@example.org`;
const guarded = '/auth/session/verify';
const refreshing = '/auth/session/refresh';

let chromium;
before(async () => { chromium = await startChromium(); });
after(() => chromium?.stop());

/** A page of the application with the SDK on it. */
async function load(person, mode) {
  await person.go('/app/');
  await loadSdk(person.page, { mode });
}

const exists = (person) => existsOn(person.page);
const payload = (person) => person.page.evaluate(() => window.supertokensSession.getAccessTokenPayloadSecurely());
const sign = (person, how, email) => signOn(person.page, how, email);
/** Calls at once from a page's script; their statuses. */
const calls = (person, n) => callsOf(person.page, n, guarded);
const asked = (person, path) => person.front.seen.filter(({ url }) => url === path).length;

const lifetime = 8;

throughFrontend({ config: { cdi: { access_lifetime: lifetime, bcrypt_rounds: 4 }, fdi: { email_verification: 'optional' } } }, (web, core) => {
  async function visitor(mode = 'cookie') {
    const person = await chromium.person(web);
    await load(person, mode);
    return person;
  }
  async function signedUp(mode = 'cookie') {
    const person = await visitor(mode);
    person.email = some();
    const { status, user } = await sign(person, 'signUp', person.email);
    assert.equal(status, 'OK');
    return Object.assign(person, { user });
  }
  /** Waits until the access token of a browser has ended. */
  async function ended(person) {
    const { value } = await person.cookie('sAccessToken');
    await until(async () => (await web.request('GET', guarded, { headers: { Cookie: `sAccessToken=${value}` } })).status === 401, 'the end of an access token');
  }

  it('F01 signs up, and is still signed in after the page was loaded again', async () => {
    const person = await signedUp();
    assert.equal(await exists(person), true);
    for (const name of ['sAccessToken', 'sRefreshToken']) {
      const cookie = await person.cookie(name);
      assert.equal(cookie.httpOnly && cookie.secure, true, name);
    }
    await load(person, 'cookie');
    assert.equal(await exists(person), true);
    assert.equal(await person.page.evaluate(() => window.supertokensSession.getUserId()), person.user.id);
    const claims = await payload(person);
    assert.equal(claims.sub, person.user.id);
    assert.equal(claims['st-ev'].v, false);
    assert.deepEqual(await calls(person, 1), [200]);
    await person.leave();
  });

  it('F02 with header fields no cookie of ours is set, and the rest is the same', async () => {
    const person = await signedUp('header');
    assert.deepEqual((await person.context.cookies()).filter((c) => c.httpOnly), []);
    await load(person, 'header');
    assert.equal(await exists(person), true);
    assert.deepEqual(await calls(person, 1), [200]);
    assert.equal(await person.page.evaluate(() => window.supertokensSession.attemptRefreshingSession()), true);
    assert.deepEqual(await calls(person, 1), [200]);
    assert.deepEqual((await person.context.cookies()).filter((c) => c.httpOnly), []);
    await person.leave();
  });

  it('F03 F04 a token that has ended costs one refresh, however many calls find it so', async () => {
    const person = await signedUp();
    for (const n of [1, 100]) {
      await ended(person);
      const before = asked(person, refreshing);
      const begun = Date.now();
      assert.deepEqual(await calls(person, n), Array(n).fill(200));
      /* On a busy machine the next token may have ended before the last call. */
      const ends = 1 + Math.floor((Date.now() - begun) / (lifetime * 1000));
      const refreshes = asked(person, refreshing) - before;
      assert.ok(refreshes >= 1 && refreshes <= ends, `${n} calls, ${refreshes} refreshes, ${ends} ends`);
    }
    await person.leave();
  });

  it('F05 signs out: no session, no cookie, and none comes back', async () => {
    const person = await signedUp();
    await signOut(person.page);
    assert.equal(await exists(person), false);
    for (const name of ['sAccessToken', 'sRefreshToken', 'sFrontToken']) assert.equal(await person.cookie(name), undefined, name);
    assert.deepEqual(assertStatus(await core.get('/recipe/session/user', { userId: person.user.id })).sessionHandles, []);
    await person.leave();
  });

  it('F10 a visitor costs one refresh that is refused', async () => {
    const person = await chromium.person(web);
    const before = asked({ front: await chromium.front(web) }, refreshing);
    await load(person, 'cookie');
    assert.equal(await exists(person), false);
    assert.equal(await exists(person), false);
    assert.equal(asked(person, refreshing) - before, 1);
    await person.leave();
  });

  it('F06 S11 theft signs the browser out', async () => {
    const person = await signedUp();
    const { value } = await person.cookie('sRefreshToken');
    const child = assertStatus(await refreshSession(core, decodeURIComponent(value)));
    assertStatus(await verifySession(core, child.accessToken.token));
    assert.equal(await person.page.evaluate(() => window.supertokensSession.attemptRefreshingSession()), false);
    assert.equal(await exists(person), false);
    assert.equal(await person.cookie('sRefreshToken'), undefined);
    assertStatus(await refreshSession(core, child.refreshToken.token), 'UNAUTHORISED');
    await person.leave();
  });

  it('F09 the errors of a form reach the page', async () => {
    const person = await signedUp();
    const { status, formFields } = await sign(person, 'signUp', person.email);
    assert.equal(status, 'FIELD_ERROR');
    assert.deepEqual(formFields, [{ id: 'email', error: 'This email already exists. Please sign in instead.' }]);
    await person.leave();
  });

  it('F12 claims beyond ASCII arrive as they are', async () => {
    const person = await signedUp();
    const { sessionHandle } = await payload(person);
    assertStatus(await core.put('/recipe/jwt/data', { sessionHandle, userDataInJWT: { name: 'Ünal 名前 😀' } }));
    assert.equal(await person.page.evaluate(() => window.supertokensSession.attemptRefreshingSession()), true);
    assert.equal((await payload(person)).name, 'Ünal 名前 😀');
    await person.leave();
  });
});
