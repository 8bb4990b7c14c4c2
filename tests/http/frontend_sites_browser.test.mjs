// SPDX-License-Identifier: MIT
// The browser SDK of SuperTokens on other hosts than the house's, and in several
// tabs, in a real Chromium.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { site, startChromium } from './lib/browser.mjs';
import { assertStatus } from './lib/core.mjs';
import { throughFrontend } from './lib/frontend.mjs';
import { until } from './lib/process.mjs';
import { calls, exists, loadSdk, sign, signOut } from './lib/sdk_page.mjs';

const some = () => `u${Math.random().toString(36).slice(2)}@example.org`;
const guarded = '/auth/session/verify';
const refreshing = '/auth/session/refresh';
const asked = (front) => front.seen.filter(({ url }) => url === refreshing).length;
const cookieOf = async (context, name, domain) => (await context.cookies()).find((c) => c.name === name && (!domain || c.domain === domain));
let chromium;
before(async () => { chromium = await startChromium(); });
after(() => chromium?.stop());

/** A person and a page of theirs on a host. */
async function visitor(web, host) {
  const person = await chromium.person(web);
  if (host) person.front.websites.add(host);
  return person;
}

async function open(person, url, options) {
  const page = await person.context.newPage();
  await page.goto(url);
  await loadSdk(page, options);
  return page;
}

/** Waits until the access token of a browser has ended. */
async function ended(web, context) {
  const { value } = await cookieOf(context, 'sAccessToken');
  await until(async () => (await web.request('GET', guarded, { headers: { Cookie: `sAccessToken=${value}` } })).status === 401, 'the end of an access token');
}

throughFrontend({ name: 'for tabs', config: { cdi: { access_lifetime: 8, bcrypt_rounds: 4 } } }, (web) => {
  it('F04 in several tabs a token that has ended costs one refresh each at most, and all stay signed in', async () => {
    const person = await visitor(web);
    const tabs = [];
    for (let i = 0; i < 3; i += 1) tabs.push(await open(person, `${site}/app/${i}`, { mode: 'cookie' }));
    assert.equal((await sign(tabs[0], 'signUp', some())).status, 'OK');
    await ended(web, person.context);
    const before = asked(person.front);
    const statuses = (await Promise.all(tabs.map((tab) => calls(tab, 34, guarded)))).flat();
    assert.deepEqual(statuses, Array(102).fill(200));
    const refreshes = asked(person.front) - before;
    assert.ok(refreshes >= 1 && refreshes <= tabs.length, `${refreshes} refreshes`);
    for (const tab of tabs) {
      assert.equal(await exists(tab), true);
      assert.equal(await tab.evaluate(() => window.supertokensSession.attemptRefreshingSession()), true);
    }
    await signOut(tabs[1]);
    for (const tab of tabs) assert.equal(await exists(tab), false);
    await person.leave();
  });
});

const [app, www] = ['https://app.example.test', 'https://www.example.test'];
const shared = { cookie_domain: 'example.test', website_domain: app };

throughFrontend({ name: 'for sub-domains', config: { cdi: { access_lifetime: 8, bcrypt_rounds: 4 }, http: { allowed_origins: www }, fdi: shared } }, (web, core) => {
  for (const mode of ['cookie', 'header']) {
    it(`F01 F08 ${mode}: who has signed in on one sub-domain is known on the other, and signed out on both`, async () => {
      const person = await visitor(web);
      for (const host of [app, www]) person.front.websites.add(new URL(host).host);
      const settings = { mode, sessionTokenFrontendDomain: '.example.test', sessionTokenBackendDomain: '.example.test' };
      const first = await open(person, `${app}/`, settings);
      const { status, user } = await sign(first, 'signUp', some());
      assert.equal(status, 'OK');
      if (mode === 'cookie') {
        for (const name of ['sAccessToken', 'sRefreshToken']) {
          const cookie = await cookieOf(person.context, name, '.example.test');
          assert.deepEqual([cookie.httpOnly, cookie.secure, cookie.sameSite], [true, true, 'Lax'], name);
        }
      } else {
        assert.deepEqual((await person.context.cookies()).filter((c) => c.httpOnly), []);
      }
      const second = await open(person, `${www}/`, settings);
      assert.equal(await exists(second), true);
      assert.equal(await second.evaluate(() => window.supertokensSession.getUserId()), user.id);
      assert.deepEqual(await calls(second, 3, guarded), [200, 200, 200]);
      assert.equal(await second.evaluate(() => window.supertokensSession.attemptRefreshingSession()), true);
      assert.deepEqual(await calls(first, 2, guarded), [200, 200]);
      await signOut(second);
      for (const page of [first, second]) assert.equal(await exists(page), false);
      assert.deepEqual(assertStatus(await core.get('/recipe/session/user', { userId: user.id })).sessionHandles, []);
      assert.deepEqual((await person.context.cookies()).filter((c) => c.httpOnly), []);
      await person.leave();
    });
  }

  it('F08 a page that is not configured reads nothing and changes nothing', async () => {
    const evil = 'https://evil.example.test';
    const person = await visitor(web, new URL(evil).host);
    person.front.websites.add(new URL(app).host);
    const mine = await open(person, `${app}/`, { mode: 'cookie', sessionTokenFrontendDomain: '.example.test' });
    const { user } = await sign(mine, 'signUp', some());
    const theirs = await person.context.newPage();
    await theirs.goto(`${evil}/`);
    const before = assertStatus(await core.get('/recipe/session/user', { userId: user.id })).sessionHandles;
    for (const [method, path] of [['GET', guarded], ['POST', refreshing], ['POST', '/auth/signout'], ['GET', '/auth/loginmethods']]) {
      assert.deepEqual(await calls(theirs, 1, path, { method, credentials: 'include' }), [0], path);
    }
    assert.deepEqual(await calls(theirs, 1, '/auth/signout', { method: 'POST', credentials: 'include', mode: 'no-cors' }), [0]);
    assert.deepEqual(assertStatus(await core.get('/recipe/session/user', { userId: user.id })).sessionHandles, before);
    assert.deepEqual(await calls(mine, 1, guarded), [200]);
    await person.leave();
  });
});

throughFrontend({ name: 'whose cookies had another domain', config: { cdi: { bcrypt_rounds: 4 }, fdi: { ...shared, older_cookie_domain: 'host' } } }, (web) => {
  it('F07 who holds cookies of before and of now loses those of before, and the next call passes', async () => {
    const person = await visitor(web, new URL(app).host);
    const settings = { mode: 'cookie', sessionTokenFrontendDomain: '.example.test' };
    const page = await open(person, `${app}/`, settings);
    assert.equal((await sign(page, 'signUp', some())).status, 'OK');
    const old = (await person.context.cookies()).filter((c) => c.httpOnly);
    await person.context.addCookies(old.map(({ name, value, path, expires, httpOnly, secure, sameSite }) => ({ name, value, path, expires, httpOnly, secure, sameSite, domain: 'id.example.test' })));
    assert.equal((await person.context.cookies()).filter((c) => c.name === 'sAccessToken').length, 2);
    /* The SDK throws once, as its documentation says, because no token came. */
    assert.deepEqual(await calls(page, 1, guarded), [0]);
    assert.deepEqual((await person.context.cookies()).filter((c) => c.httpOnly).map((c) => c.domain), ['.example.test', '.example.test']);
    assert.deepEqual(await calls(page, 1, guarded), [200]);
    assert.equal(await exists(page), true);
    await person.leave();
  });
});

const shop = 'https://shop.other.test';

throughFrontend({ name: 'for another site', config: { cdi: { access_lifetime: 8, bcrypt_rounds: 4 }, fdi: { website_domain: shop } } }, (web, core) => {
  /* Chromium takes no cookie of another site by default, so SDKs there use fields. */
  it('F03 F08 a page of another site signs up, refreshes by itself and signs out', async () => {
    const person = await visitor(web, new URL(shop).host);
    const page = await open(person, `${shop}/`, { mode: 'header' });
    const email = some();
    const { status, user } = await sign(page, 'signUp', email);
    assert.equal(status, 'OK');
    assert.deepEqual((await person.context.cookies()).filter((c) => c.httpOnly), []);
    const { value } = await cookieOf(person.context, 'st-access-token');
    await until(async () => (await web.request('GET', guarded, { headers: { Authorization: `Bearer ${value}` } })).status === 401, 'the end of an access token');
    const before_ = asked(person.front);
    assert.deepEqual(await calls(page, 5, guarded), Array(5).fill(200));
    assert.equal(asked(person.front) - before_, 1);
    await signOut(page);
    assert.equal(await exists(page), false);
    assert.deepEqual(assertStatus(await core.get('/recipe/session/user', { userId: user.id })).sessionHandles, []);
    assert.equal((await sign(page, 'signIn', email)).status, 'OK');
    assert.equal(await exists(page), true);
    await person.leave();
  });
});
