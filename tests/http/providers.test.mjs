// SPDX-License-Identifier: MIT
// Connected providers: shown, allowed, taken away, and what an account without
// a password can do. No provider answers here: what it would have left in the
// database is put there.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { assertInvalid, assertOk, assertProblem, auditOf, bearer, bin, status, withoutInstance } from './lib/checks.mjs';
import { as, stepUp } from './lib/factors.mjs';
import { through } from './lib/stack.mjs';

const mine = '/api/users/me/providers';
const connection = `${mine}/oauth2/token`;
const password = 'another long enough phrase';
const provider = { kind: 'oidc', issuer: 'http://127.0.0.1:9', client_id: 'here', client_auth: 'none', keep_tokens: 'yes' };
const oauth2 = { enabled: 'yes', redirect_uris: 'https://app.example.test/back' };
const config = {
  oauth2, 'provider acme': { ...provider, title: 'Acme & Co' }, 'provider other': provider,
  accounts: { guests: 'yes', guest_limit: 100000 }, two_factor: { email_default: 'no' },
};
const names = (res) => assertOk(res).map((row) => row.provider);

through({ config, sink: {} }, (web, stack) => {
  const connect = (who, name = 'acme') => stack.sql(`INSERT INTO identity (realm_id, identity_hash, account_id, provider, subject_sealed, created_us, used_us)
    SELECT realm_id, UNHEX('${randomBytes(32).toString('hex')}'), id, '${name}', REPEAT('s', 60), 1000000, 1000000 FROM account WHERE id = ${bin(who.subject)}`);
  const begun = (session, who) => stack.sql(`INSERT INTO session_provider (session_id, identity_hash)
    SELECT ${bin(session.sessionId)}, identity_hash FROM identity WHERE account_id = ${bin(who.subject)}`);
  const identities = (who) => Number(stack.sql(`SELECT COUNT(*) FROM identity WHERE account_id = ${bin(who.subject)}`)[0][0]);

  /** Somebody a provider has brought: connected, without a password. */
  async function brought({ verified = true } = {}) {
    const who = await web.signIn();
    await stepUp(web, who);
    connect(who);
    stack.sql(`UPDATE account SET password_hash = NULL, email_verified_us = ${verified ? 1 : 0} WHERE id = ${bin(who.subject)}`);
    return who;
  }

  /** Somebody with a password and a fresh proof. */
  async function proved() {
    const who = await web.signIn();
    await stepUp(web, who);
    return who;
  }

  async function guest() {
    const browser = web.browser();
    const { accessToken, sessionId, user } = assertOk(await browser.post('/api/guests', { name: 'Gil' }));
    return { browser, accessToken, sessionId, subject: user.id };
  }

  describe('the list', () => {
    it('OAU-11 names the providers and the password last', async () => {
      const who = await proved();
      assert.deepEqual(names(await as(web, who)('GET', mine)), ['password']);
      connect(who, 'other');
      connect(who, 'acme');
      assert.deepEqual(names(await as(web.other, who)('GET', mine)), ['acme', 'other', 'password']);
      assert.deepEqual(assertOk(await as(web, who)('GET', '/api/users/me')).identityProviders, ['acme', 'other', 'password']);
      stack.sql(`UPDATE account SET password_hash = NULL WHERE id = ${bin(who.subject)}`);
      assert.deepEqual(names(await as(web, who)('GET', mine)), ['acme', 'other']);
    });

    it('A-8.2.1 is for who is signed in, of nobody else', async () => {
      const [who, other] = [await brought(), await proved()];
      assertProblem(await web.request('GET', mine), 401, 'AUTHENTICATION_REQUIRED');
      assertProblem(await web.request('GET', mine, { headers: bearer('x.y.z') }), 401, 'ACCESS_TOKEN_INVALID');
      assert.deepEqual(names(await as(web, other)('GET', mine)), ['password']);
      assert.deepEqual(names(await as(web, who)('GET', mine)), ['acme']);
    });
  });

  describe('the connection token', () => {
    it('OAU-10 comes for access and step-up, as a Lax cookie and in the body', async () => {
      const who = await proved();
      const res = await as(web, who)('POST', connection, { provider: 'acme' });
      const { token } = assertOk(res);
      assert.match(token, /^[\w-]{60,}$/);
      const [cookie] = res.cookies.filter((c) => c.name === 'oauth2_provider_connection_token');
      assert.equal(cookie.value, token);
      assert.equal(cookie.attributes.samesite, 'Lax');
      assert.ok('httponly' in cookie.attributes);
      assert.equal(cookie.attributes['max-age'], '900');
      const again = assertOk(await as(web.other, who)('POST', connection, { provider: 'other' }));
      assert.notEqual(again.token, token);
    });

    it('OAU-10 STP-8 guests need no password for it', async () => {
      const gil = await guest();
      gil.stepUp = assertOk(await as(web, gil)('POST', '/api/auth/step-up')).stepUpToken;
      assert.equal(typeof assertOk(await as(web, gil)('POST', connection, { provider: 'acme' })).token, 'string');
    });

    it('OAU-10 does not come otherwise', async () => {
      const [who, other] = [await proved(), await proved()];
      assertProblem(await web.request('POST', connection, { json: { provider: 'acme' } }), 401, 'AUTHENTICATION_REQUIRED');
      assertProblem(await as(web, { ...who, stepUp: undefined })('POST', connection, { provider: 'acme' }), 401, 'STEP_UP_REQUIRED');
      assertProblem(await as(web, { ...who, stepUp: other.stepUp })('POST', connection, { provider: 'acme' }), 401, 'STEP_UP_TOKEN_INVALID');
      for (const name of ['nobody', 'ACME', 'password', 'acme ', '../acme']) {
        assertProblem(await as(web, who)('POST', connection, { provider: name }), 404, 'PROVIDER_NOT_FOUND');
      }
      for (const json of [{}, { provider: '' }, { provider: 7 }, { provider: 'a'.repeat(33) }]) {
        assertProblem(await as(web, who)('POST', connection, json), 400, 'VALIDATION_FAILED');
      }
    });

    it('A-7.2.2 opens nothing else', async () => {
      const who = await proved();
      const { token } = assertOk(await as(web, who)('POST', connection, { provider: 'acme' }));
      assertProblem(await as(web, { ...who, stepUp: token })('POST', connection, { provider: 'acme' }), 401, 'STEP_UP_TOKEN_INVALID');
      assertProblem(await status(web, token), 401, 'ACCESS_TOKEN_INVALID');
    });
  });

  describe('adding a password', () => {
    it('OAU-11 PWR-5 gives one to who has none; older access tokens are over, sessions are not', async () => {
      const who = await brought();
      const res = await as(web, who)('POST', `${mine}/password`, { password });
      assert.deepEqual(assertOk(res).identityProviders, ['acme', 'password']);
      assertProblem(await status(web, who.accessToken), 401, 'ACCESS_TOKEN_EXPIRED');
      assertOk(await who.browser.post('/api/auth/refresh'));
      assert.equal((await web.signIn({ email: who.email, password, register: false })).login.status, 200);
      assert.equal(auditOf(stack, 'account.password_added', { subject: who.subject }).length, 1);
      await stack.sink.waitFor({ to: who.email, kind: 'password-changed' });
    });

    it('OAU-11 a browser goes on with new cookies', async () => {
      const who = await brought();
      const up = { 'X-Step-Up-Token': who.stepUp };
      const res = await who.browser.request('POST', `${mine}/password`, { json: { password }, headers: up });
      assertOk(res);
      assert.deepEqual(res.cookies.map((c) => c.name).sort(), ['access_token', 'refresh_token']);
      assert.equal(assertOk(await who.browser.get('/api/auth/status')).authenticated, true);
    });

    it('OAU-11 A-6.2.1 is refused where it must be', async () => {
      const [who, has] = [await brought(), await proved()];
      const gil = await guest();
      gil.stepUp = assertOk(await as(web, gil)('POST', '/api/auth/step-up')).stepUpToken;
      assertProblem(await as(web, has)('POST', `${mine}/password`, { password }), 409, 'PASSWORD_ALREADY_SET');
      assertProblem(await as(web, gil)('POST', `${mine}/password`, { password }), 404, 'USER_NOT_FOUND');
      assertProblem(await as(web, { ...who, stepUp: undefined })('POST', `${mine}/password`, { password }), 401, 'STEP_UP_REQUIRED');
      assertProblem(await web.request('POST', `${mine}/password`, { json: { password } }), 401, 'AUTHENTICATION_REQUIRED');
      assertInvalid(await as(web, who)('POST', `${mine}/password`, { password: 'short' }), 'password', 'PASSWORD_TOO_SHORT');
      assertInvalid(await as(web, who)('POST', `${mine}/password`, { password: 'password1' }), 'password', 'PASSWORD_COMMON');
      assert.deepEqual(names(await as(web, who)('GET', mine)), ['acme']);
    });

    it('A-2.3.4 of several at once one is set', async () => {
      const who = await brought();
      const all = await Promise.all([1, 2, 3, 4].map((n) => as(n % 2 ? web : web.other, who)('POST', `${mine}/password`, { password: `${password} ${n}` })));
      const won = all.flatMap((res, i) => (res.status === 200 ? [i + 1] : []));
      assert.equal(won.length, 1, all.map((r) => r.text).join());
      for (const res of all) assert.ok([200, 401, 409].includes(res.status), res.text);
      assert.equal((await web.signIn({ email: who.email, password: `${password} ${won[0]}`, register: false })).login.status, 200);
    });
  });

  describe('disconnecting', () => {
    it('OAU-11 A-7.1.3 A-7.6.1 takes a provider away, ends the sessions it began, and tells the owner', async () => {
      const who = await proved();
      connect(who);
      const [begunThere, own] = [await web.signIn({ email: who.email, register: false }), await web.signIn({ email: who.email, register: false })];
      begun(begunThere, who);
      begun(who, who);
      assert.deepEqual(assertOk(await as(web, who)('DELETE', `${mine}/acme`)).identityProviders, ['password']);
      assert.equal(identities(who), 0);
      assertOk(await status(web, who.accessToken));
      assertOk(await status(web.other, own.accessToken));
      assertProblem(await status(web.other, begunThere.accessToken), 401, 'SESSION_INVALID');
      const message = await stack.sink.waitFor({ to: who.email, kind: 'provider-disconnected' });
      assert.match(message.text, /Acme & Co/);
      assert.match(message.html, /Acme &amp; Co/);
      assert.deepEqual(auditOf(stack, 'provider.disconnected', { subject: who.subject }).map((e) => JSON.parse(e.detail)), [{ provider: 'acme' }]);
    });

    it('OAU-11 refuses the password, what is not there, and the last way in', async () => {
      const [who, has, other] = [await brought(), await proved(), await brought()];
      connect(has);
      assertProblem(await as(web, has)('DELETE', `${mine}/password`), 400, 'CANNOT_DISCONNECT_PASSWORD');
      assertProblem(await as(web, has)('DELETE', `${mine}/other`), 404, 'PROVIDER_NOT_FOUND');
      assertProblem(await as(web, has)('DELETE', `${mine}/nobody`), 404, 'PROVIDER_NOT_FOUND');
      assertProblem(await as(web, { ...has, stepUp: undefined })('DELETE', `${mine}/acme`), 401, 'STEP_UP_REQUIRED');
      assertProblem(await as(web, who)('DELETE', `${mine}/acme`), 400, 'CANNOT_DISCONNECT_LAST_PROVIDER');
      connect(who, 'gone');
      assertProblem(await as(web, who)('DELETE', `${mine}/acme`), 400, 'CANNOT_DISCONNECT_LAST_PROVIDER');
      assert.deepEqual([identities(who), identities(has), identities(other)], [2, 1, 1]);
    });

    it('A-2.3.4 of the last two at once one stays', async () => {
      const who = await brought();
      connect(who, 'other');
      const both = await Promise.all([as(web, who)('DELETE', `${mine}/acme`), as(web.other, who)('DELETE', `${mine}/other`)]);
      assert.deepEqual(both.map((r) => r.status).sort(), [200, 400], both.map((r) => r.text).join());
      assert.equal(identities(who), 1);
    });
  });

  describe('an account without a password', () => {
    it('LOG-7 A-6.3.8 is signed in to by no password, answered as a stranger is, and its owner is told once', async () => {
      const who = await brought();
      const login = (email) => web.request('POST', '/api/auth/login', { json: { email, password } });
      const [known, unknown] = [await login(who.email), await login('nobody.at.all@example.org')];
      assertProblem(known, 401, 'INVALID_CREDENTIALS');
      assert.deepEqual(withoutInstance(known), withoutInstance(unknown));
      const message = await stack.sink.waitFor({ to: who.email, kind: 'identity-provider-info' });
      assert.match(message.text, /Acme & Co/);
      assert.match(message.text, /no password/);
      assertProblem(await login(who.email), 401, 'INVALID_CREDENTIALS');
      const has = await proved();
      connect(has);
      assertProblem(await login(has.email), 401, 'INVALID_CREDENTIALS');
      await login(who.email);
      assert.deepEqual(stack.sql("SELECT COUNT(*) FROM outbox WHERE kind = 'identity-provider-info'"), [['0']]);
    });

    it('PWR-5 gets a password by a reset', async () => {
      const who = await brought();
      assertOk(await web.request('POST', '/api/auth/password/reset-request', { json: { email: who.email } }));
      const message = await stack.sink.waitFor({ to: who.email, kind: 'password-reset' });
      const token = new URL(message.links.find((l) => l.includes('token='))).searchParams.get('token');
      assertOk(await web.other.request('POST', `/api/auth/password/reset?token=${token}`, { json: { newPassword: password } }));
      const again = await web.signIn({ email: who.email, password, register: false });
      assert.deepEqual(names(await as(web, again)('GET', mine)), ['acme', 'password']);
    });

    it('A-6.8.1 whoever resets an address nobody had verified is rid of a stranger\'s provider', async () => {
      const who = await brought({ verified: false });
      assertOk(await web.request('POST', '/api/auth/password/reset-request', { json: { email: who.email } }));
      const message = await stack.sink.waitFor({ to: who.email, kind: 'password-reset' });
      const token = new URL(message.links.find((l) => l.includes('token='))).searchParams.get('token');
      assertOk(await web.request('POST', `/api/auth/password/reset?token=${token}`, { json: { newPassword: password } }));
      assert.equal(identities(who), 0);
    });

    it('is told what to do instead of a change and of a proof by password', async () => {
      const who = await brought();
      const change = await as(web, who)('PUT', '/api/users/me/password', { oldPassword: password, newPassword: password });
      assertProblem(change, 400, 'NO_PASSWORD_PROVIDER');
      assert.match(change.json.detail, /providers\/password/);
      const up = await as(web, who)('POST', '/api/auth/step-up', { password });
      assertProblem(up, 400, 'NO_PASSWORD');
      assert.match(up.json.detail, /step_up=true/);
    });
  });

  describe('a provider\'s sign-out', () => {
    const logout = (name, fields) => web.request('POST', `/api/auth/oauth2/backchannel-logout/${name}`, {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(fields).toString(),
    });
    for (const [what, fields] of [
      ['nothing', {}], ['another field', { token: 'x' }], ['an empty token', { logout_token: '' }], ['no token', { logout_token: 'what' }],
      ['two parts', { logout_token: 'a.b' }], ['four parts', { logout_token: 'a.b.c.d' }], ['an empty part', { logout_token: 'a..c' }],
    ]) {
      it(`BCL-2.8 is refused for ${what}`, async () => {
        const res = await logout('acme', fields);
        assert.equal(res.status, 400, res.text);
        assert.deepEqual(res.json, { error: 'invalid_request' });
        assert.equal(res.headers['cache-control'], 'no-store');
      });
    }

    it('is for providers that are', async () => {
      assertProblem(await logout('nobody', { logout_token: 'x' }), 404, 'PROVIDER_NOT_FOUND');
      assertProblem(await logout('acme', { logout_token: 'a.b.c' }), 503, 'PROVIDER_UNAVAILABLE');
    });
  });

  describe('kept tokens', () => {
    let made;
    const key = () => {
      [made] = made ? [made] : stack.ctlRows('api-key', 'create', `tokens ${web.name}`);
      return bearer(made.key);
    };
    it('are for back ends with a key, and there when they were kept', async () => {
      const who = await brought();
      const path = `/api/users/${who.subject}/providers/acme/token`;
      assertProblem(await web.request('GET', path), 401, 'AUTHENTICATION_REQUIRED');
      assertProblem(await web.request('GET', path, { headers: bearer(who.accessToken) }), 401, 'API_KEY_INVALID');
      for (const there of [path, path.replace('acme', 'other'), path.replace('acme', 'nobody'), '/api/users/x/providers/acme/token',
        `/api/users/${who.sessionId}/providers/acme/token`]) {
        assertProblem(await web.request('GET', there, { headers: key() }), 404, 'PROVIDER_NOT_FOUND');
      }
    });
  });

  it('A-14.2.6 A-14.2.7 a copy of what is kept names the providers, and erasing takes them', async () => {
    const who = await brought();
    const all = stack.ctl('user', 'export', who.email);
    assert.deepEqual(JSON.parse(all).providers.map((p) => [p.name, p.since]), [['acme', '1970-01-01T00:00:01.000000Z']]);
    assert.ok(!all.includes('ssssss'));
    assert.equal(stack.ctlRows('user', 'show', who.email)[0].providers, 'acme');
    stack.ctl('user', 'erase', who.email);
    assert.equal(identities(who), 0);
  });
});

through({ name: 'without sign-in by providers' }, (web) => {
  it('OAU-12 nothing of it is there, for nobody', async () => {
    const who = await web.signIn();
    await stepUp(web, who);
    for (const [method, path, json] of [
      ['GET', mine], ['POST', `${mine}/password`, { password }], ['POST', connection, { provider: 'acme' }], ['DELETE', `${mine}/acme`],
      ['POST', '/api/auth/oauth2/backchannel-logout/acme', { logout_token: 'x' }], ['GET', `/api/users/${who.subject}/providers/acme/token`],
    ]) {
      assertProblem(await as(web, who)(method, path, json), 404, 'NOT_FOUND');
      assertProblem(await web.request(method, path, json ? { json } : {}), 404, 'NOT_FOUND');
    }
  });
});
