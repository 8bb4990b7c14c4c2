// SPDX-License-Identifier: MIT
// A guarded program and its files as the browser SDK of SuperTokens meets them, in
// a real Chromium: it refreshes by itself, and nobody is signed out by a gate.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { startChromium } from './lib/browser.mjs';
import { assertStatus, Core } from './lib/core.mjs';
import { GuardedStack, guards, page } from './lib/guard.mjs';
import { until } from './lib/process.mjs';
import { Web } from './lib/stack.mjs';

const bundle = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/supertokens-web-js/bundle');
const scripts = ['website', 'supertokens', 'session', 'emailpassword'].map((name) => join(bundle, readdirSync(bundle).find((file) => file.startsWith(`${name}.`))));
const open = '/open/';
const ways = guards.flatMap((web) => ['cookie', 'header'].map((mode) => ({ web, mode })));
const stack = new GuardedStack({ apache: 'apache-proxy.conf', config: { cdi: { access_lifetime: 8, bcrypt_rounds: 4 }, fdi: { check_database: 'yes' } } });
const core = new Core(new Web(stack, 'lighttpd'));
let chromium;

async function visitor({ web, mode }) {
  const before = new Web(stack, web);
  (await chromium.front(before)).place = open;
  const person = await chromium.person(before);
  await person.go(open);
  for (const path of scripts) await person.page.addScriptTag({ path });
  await person.page.evaluate((tokenTransferMethod) => {
    const { supertokens, supertokensSession, supertokensEmailPassword } = window;
    supertokens.init({ appInfo: { appName: 'The application', apiDomain: window.location.origin, apiBasePath: '/auth' }, recipeList: [supertokensSession.init({ tokenTransferMethod }), supertokensEmailPassword.init()] });
  }, mode);
  return person;
}

async function signedUp(way) {
  const person = await visitor(way);
  const email = `u${Math.random().toString(36).slice(2)}@example.org`;
  person.id = await person.page.evaluate(async (address) => {
    const { user } = await window.supertokensEmailPassword.signUp({ formFields: [{ id: 'email', value: address }, { id: 'password', value: 'a1b2c3d4e5' }] });
    return user.id;
  }, email);
  return person;
}

/** Calls at once by scripts of the page: [method, path] each; what came back. */
const calls = (person, list) => person.page.evaluate((all) => Promise.all(all.map(async ([method, path]) => {
  const res = await fetch(path, { method, body: method === 'POST' ? 'a=1' : undefined });
  return { status: res.status, text: await res.text() };
})), list);
const told = async (person) => JSON.parse(Buffer.from(decodeURIComponent((await person.cookie('sFrontToken')).value), 'base64').toString('utf8'));
const exists = (person) => person.page.evaluate(() => window.supertokensSession.doesSessionExist());
const refreshes = (person) => person.front.seen.filter(({ url }) => url === '/auth/session/refresh').length;

before(async () => {
  await stack.start();
  chromium = await startChromium();
  /* They wait for the end of their tokens together. */
  for (const way of ways) way.person = await signedUp(way);
  for (const { person } of ways) {
    const { ate } = await told(person);
    await until(() => Date.now() > ate, 'the end of an access token');
  }
});
after(async () => {
  await chromium?.stop();
  await stack.stop();
});

for (const way of ways) {
  describe(`behind ${way.web}, ${way.mode}`, () => {
    it('F03 F04 a token that has ended costs one refresh, and every call arrives', async () => {
      const { person } = way;
      const before = refreshes(person);
      const answers = await calls(person, [['GET', '/app/http'], ['POST', '/app/http'], ['PUT', '/app/http?status=404'], ['GET', '/app/index.html'], ['GET', '/app/http'], ['GET', '/app/']]);
      assert.deepEqual(answers.map(({ status }) => status), [200, 200, 404, 200, 200, 200]);
      assert.equal(refreshes(person) - before, 1);
      for (const at of [0, 1, 2, 4]) assert.equal(JSON.parse(answers[at].text).user, person.id);
      assert.equal(JSON.parse(answers[1].text).body, 'a=1');
      for (const at of [3, 5]) assert.equal(answers[at].text, page);
    });

    it('S06 the new token that the gate was given has reached the browser', async () => {
      const { person } = way;
      await calls(person, [['GET', '/app/http']]);
      const { up, uid } = await told(person);
      assert.equal(uid, person.id);
      assert.equal(up.parentRefreshTokenHash1, null);
      if (way.mode === 'cookie') {
        const { value } = await person.cookie('sAccessToken');
        const claims = JSON.parse(Buffer.from(decodeURIComponent(value).split('.')[1], 'base64url').toString('utf8'));
        assert.deepEqual(claims, up);
      }
    });

    it('S07 refreshes again and again, and stays signed in', async () => {
      const { person } = way;
      for (let i = 0; i < 3; i += 1) {
        assert.equal(await person.page.evaluate(() => window.supertokensSession.attemptRefreshingSession()), true);
        assert.deepEqual((await calls(person, [['GET', '/app/http'], ['POST', '/app/http']])).map(({ status }) => status), [200, 200]);
      }
      assert.equal(await exists(person), true);
    });

    it('S15 of a session that was ended the gate says so, and the browser is signed out', async () => {
      const { person } = way;
      const { up } = await told(person);
      assertStatus(await core.post('/recipe/session/remove', { sessionHandles: [up.sessionHandle] }));
      assert.deepEqual(await calls(person, [['GET', '/app/http']]), [{ status: 401, text: '{"message":"unauthorised"}' }]);
      assert.equal(await exists(person), false);
      await person.leave();
    });
  });
}

for (const web of guards) {
  it(`F10 ${web}: a visitor is refused, after one refresh that is`, async () => {
    const person = await visitor({ web, mode: 'cookie' });
    const before = refreshes(person);
    assert.deepEqual(await calls(person, [['GET', '/app/http'], ['GET', '/app/index.html']]), Array(2).fill({ status: 401, text: '{"message":"unauthorised"}' }));
    assert.equal(refreshes(person) - before, 1);
    await person.leave();
  });
}
