// SPDX-License-Identifier: MIT
// Sign-up, sign-in, "who am I" and sign-out.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { through } from './lib/stack.mjs';
import {
  assertInvalid, assertOk, assertProblem, auditOf, bearer, bin, claimsOf, headerOf, refresh, rfc3339, sessionRow, status,
  tally, together, uuid, withoutInstance,
} from './lib/checks.mjs';

const password = 'a long enough phrase';
let count = 0;
const freshEmail = () => `person-${process.pid}-${count += 1}@example.org`;
const accounts = (stack) => Number(stack.sql('SELECT COUNT(*) FROM account')[0][0]);

through({}, (web, stack) => {
  const register = (json) => web.request('POST', '/api/auth/register', { json });
  const login = (json, options) => web.request('POST', '/api/auth/login', { json, ...options });

  it('register makes an account and gives no token', async () => {
    const before = accounts(stack);
    const res = await register({ email: freshEmail(), password, name: 'Ann' });
    assert.deepEqual(assertOk(res), { success: true });
    assert.deepEqual(res.cookies, []);
    assert.equal(accounts(stack), before + 1);
  });

  it('A-6.3.8 register gives the same answer for a known address and changes nothing', async () => {
    const email = freshEmail();
    const first = await register({ email, password });
    const before = accounts(stack);
    for (const again of [email, email.toUpperCase(), ` ${email} `]) {
      const res = await register({ email: again, password: 'another long phrase' });
      assert.equal(res.status, first.status);
      assert.equal(res.text, first.text);
      assert.deepEqual(res.cookies, first.cookies);
      assert.deepEqual(Object.keys(res.headers).sort(), Object.keys(first.headers).sort());
    }
    assert.equal(accounts(stack), before);
    assertOk(await login({ email, password }));
    assertProblem(await login({ email, password: 'another long phrase' }), 401, 'INVALID_CREDENTIALS');
  });

  it('parallel registrations of one address make one account', async () => {
    const email = freshEmail();
    const before = accounts(stack);
    const answers = await together(6, (i) => (i % 2 ? web : web.other).request('POST', '/api/auth/register', { json: { email, password: `${password} ${i}` } }));
    assert.deepEqual(tally(answers), { 200: 6 });
    assert.equal(accounts(stack), before + 1);
    const opened = await together(6, (i) => login({ email, password: `${password} ${i}` }));
    assert.deepEqual(tally(opened), { 200: 1, 401: 5 });
  });

  it('REG-5 register works without a name and keeps addresses and names sealed', async () => {
    const email = freshEmail();
    assertOk(await register({ email, password, name: 'Zacharias Quux' }));
    assertOk(await register({ email: freshEmail(), password }));
    const rows = JSON.stringify(stack.sql('SELECT email_hash, email_sealed, name_sealed FROM account'));
    assert.ok(!rows.includes(email));
    assert.ok(!rows.includes('Zacharias'));
  });

  for (const email of ['nobody', '@example.org', 'ann@', 'ann@example', 'a b@example.org', 'ann@exa mple.org', 'ann@@example.org']) {
    it(`register refuses ${JSON.stringify(email)}`, async () => {
      assertInvalid(await register({ email, password }), 'email', 'EMAIL_INVALID');
    });
  }

  it('login gives person, tokens and session', async () => {
    const { login: res, email } = await web.signIn();
    const json = assertOk(res);
    assert.match(json.user.id, uuid);
    assert.equal(json.user.email, email);
    assert.equal(json.user.name, 'Ann');
    assert.deepEqual(json.user.roles, ['USER']);
    assert.deepEqual(json.user.groups, []);
    assert.match(json.user.createdAt, rfc3339);
    assert.equal(json.tokenType, 'Bearer');
    assert.equal(json.expiresIn, 900);
    assert.equal(json.refreshExpiresIn, 7884000);
    assert.match(json.sessionId, uuid);
    assert.equal(json.twoFactorRequired, false);
    assert.equal(json.twoFactorAuthenticationToken, null);
    assert.equal(res.headers['cache-control'], 'no-store');
  });

  it('login takes the address in any case and Unicode form', async () => {
    const name = `jose\u0301-${count += 1}-${web.name}`;
    assertOk(await register({ email: `${name}@example.org`, password }));
    assertOk(await login({ email: `${name}@example.org`.normalize('NFC'), password }));
    assertOk(await login({ email: `${name}@EXAMPLE.org`.normalize('NFD').toUpperCase(), password }));
  });

  it('A-6.3.8 login answers alike for an unknown address, a wrong password and a disabled account', async () => {
    const known = await web.signIn();
    const disabled = await web.signIn();
    stack.ctl('user', 'disable', disabled.email);
    const answers = [
      await login({ email: freshEmail(), password }),
      await login({ email: known.email, password: 'not the right phrase' }),
      await login({ email: disabled.email, password }),
      await login({ email: 'no address at all', password }),
    ];
    for (const res of answers) {
      assertProblem(res, 401, 'INVALID_CREDENTIALS', 'Invalid credentials');
      assert.deepEqual(withoutInstance(res), withoutInstance(answers[0]));
      assert.deepEqual(res.cookies, []);
      assert.deepEqual(Object.keys(res.headers).sort(), Object.keys(answers[0].headers).sort());
    }
  });

  it('R9068-2.2 access token has every claim and verifies by our JWKS', async () => {
    const { login: res, sessionId, subject, accessToken } = await web.signIn();
    const jwks = createLocalJWKSet((await web.request('GET', '/.well-known/jwks.json')).json);
    const { payload, protectedHeader } = await jwtVerify(accessToken, jwks, {
      issuer: 'https://id.example.test', audience: 'https://id.example.test', typ: 'at+jwt', algorithms: ['ES256'],
    });
    assert.deepEqual(Object.keys(protectedHeader).sort(), ['alg', 'kid', 'typ']);
    assert.equal(payload.sub, subject);
    assert.equal(payload.sid, sessionId);
    assert.match(payload.jti, uuid);
    assert.equal(typeof payload.client_id, 'string');
    assert.equal(payload.exp - payload.iat, 900);
    assert.ok(Math.abs(payload.iat - Date.now() / 1000) < 30);
    assert.equal(res.json.expiresIn, 900);
  });

  it('R9068-6 R9068-2.2.1 access token says when and how the person signed in', async () => {
    const { accessToken } = await web.signIn();
    const claims = claimsOf(accessToken);
    assert.deepEqual(claims.amr, ['pwd']);
    assert.equal(claims.acr, '1');
    assert.equal(claims.auth_time, claims.iat);
    assert.deepEqual(claims.roles, ['USER']);
    assert.deepEqual(claims.groups, []);
    assert.ok(!JSON.stringify(claims).includes('@'), 'R9068-6 no address in the token');
  });

  it('roles stand in answers and claims, and A-8.3.2 a change ends access tokens at once', async () => {
    const { subject, accessToken, refreshToken } = await web.signIn();
    stack.sql(`INSERT INTO account_role (account_id, role) VALUES (${bin(subject)}, 'editor');
      UPDATE account SET version = version + 1 WHERE id = ${bin(subject)}`);
    assertProblem(await status(web, accessToken), 401, 'ACCESS_TOKEN_EXPIRED');
    const fresh = assertOk(await refresh(web, refreshToken));
    assert.deepEqual(fresh.principal.roles, ['USER', 'editor']);
    assert.deepEqual(claimsOf(fresh.accessToken).roles, ['USER', 'editor']);
    assert.deepEqual(assertOk(await status(web, fresh.accessToken)).user.roles, ['USER', 'editor']);
  });

  it('A-7.2.3 refresh token is opaque, at least 256 bits, and not in the database', async () => {
    const { refreshToken, accessToken } = await web.signIn();
    assert.match(refreshToken, /^[A-Za-z0-9_-]{43,}$/);
    const dump = JSON.stringify(stack.sql('SELECT * FROM session'));
    assert.ok(!dump.includes(refreshToken) && !dump.includes(accessToken));
    assert.ok(!dump.includes(Buffer.from(refreshToken, 'base64url').toString('hex').slice(0, 32)));
  });

  it('R7519-4.1.7 every token has its own id and its own text', async () => {
    const { browser } = await web.signIn();
    const tokens = [];
    for (let i = 0; i < 5; i += 1) tokens.push((await browser.post('/api/auth/refresh')).json);
    assert.equal(new Set(tokens.map((t) => claimsOf(t.accessToken).jti)).size, 5);
    assert.equal(new Set(tokens.map((t) => t.refreshToken)).size, 5);
  });

  it('status tells a stranger that nobody is signed in', async () => {
    const json = assertOk(await web.request('GET', '/api/auth/status'));
    assert.equal(json.authenticated, false);
    for (const name of ['user', 'sessionId', 'expiresAt', 'accessTokenExpiresAt']) assert.equal(json[name], null);
    assert.equal(json.stepUp, false);
    assert.equal(json.twoFactorRequired, false);
  });

  it('status knows the session by cookie and by header', async () => {
    const { browser, accessToken, sessionId, subject } = await web.signIn();
    const byCookie = assertOk(await browser.get('/api/auth/status'));
    const byHeader = assertOk(await status(web, accessToken));
    assert.equal(byCookie.authenticated, true);
    assert.equal(byCookie.sessionId, sessionId);
    assert.equal(byCookie.user.id, subject);
    assert.match(byCookie.expiresAt, rfc3339);
    assert.equal(Date.parse(byCookie.accessTokenExpiresAt) / 1000, claimsOf(accessToken).exp);
    assert.deepEqual(byHeader, byCookie);
  });

  it('R8725-3.12 A-9.2.2 one kind of token is never taken for another', async () => {
    const { accessToken, refreshToken, browser } = await web.signIn();
    assertProblem(await status(web, refreshToken), 401, 'ACCESS_TOKEN_INVALID', 'Invalid access token');
    assertProblem(await refresh(web, accessToken), 401, 'REFRESH_TOKEN_INVALID');
    const swapped = { Cookie: `access_token=${refreshToken}; refresh_token=${accessToken}`, Origin: 'https://id.example.test' };
    assertProblem(await web.request('GET', '/api/auth/sessions', { headers: swapped }), 401, 'ACCESS_TOKEN_INVALID');
    assertProblem(await web.request('POST', '/api/auth/refresh', { headers: swapped }), 401, 'REFRESH_TOKEN_INVALID');
    const device = browser.cookie('device_token');
    assertProblem(await status(web, device), 401, 'ACCESS_TOKEN_INVALID');
    assertProblem(await refresh(web, device), 401, 'REFRESH_TOKEN_INVALID');
    assertOk(await status(web, accessToken));
  });

  it('A-7.2.1 A-9.1.1 access token with any part changed is refused', async () => {
    const { accessToken } = await web.signIn();
    const parts = accessToken.split('.');
    for (const at of [0, 1, 2]) {
      const damaged = parts.map((part, i) => (i === at ? `${part.slice(0, 5)}${part[5] === 'A' ? 'B' : 'A'}${part.slice(6)}` : part));
      assertProblem(await status(web, damaged.join('.')), 401, 'ACCESS_TOKEN_INVALID', 'Invalid access token');
    }
    assert.equal(headerOf(accessToken).typ, 'at+jwt');
  });

  it('R9110-15.5.2 R6750-3 challenge holds an error code only when something was presented', async () => {
    const nothing = await web.request('GET', '/api/auth/sessions');
    assertProblem(nothing, 401, 'AUTHENTICATION_REQUIRED', 'Authentication required');
    assert.ok(!nothing.headers['www-authenticate'].includes('error='));
    const bad = await web.request('GET', '/api/auth/sessions', { headers: bearer('x.y.z') });
    assertProblem(bad, 401, 'ACCESS_TOKEN_INVALID', 'Invalid access token');
    assert.match(bad.headers['www-authenticate'], /error="invalid_token"/);
  });

  it('logout ends the session, clears the cookies and leaves other devices alone', async () => {
    const here = await web.signIn();
    const there = await web.signIn({ email: here.email, register: false });
    const res = await here.browser.post('/api/auth/logout');
    assert.deepEqual(assertOk(res), { success: true });
    assert.equal(here.browser.cookie('access_token'), undefined);
    assert.equal(here.browser.cookie('refresh_token'), undefined);
    assertProblem(await status(web, here.accessToken), 401, 'SESSION_INVALID', 'Invalid session');
    assertProblem(await refresh(web, here.refreshToken), 401, 'SESSION_INVALID', 'Invalid session');
    assertOk(await status(web, there.accessToken));
    assert.equal(sessionRow(stack, here.sessionId, 'revoked_reason')[0], 'logout');
  });

  it('A-7.4.4 logout may be repeated and needs nothing', async () => {
    const { browser, accessToken, refreshToken } = await web.signIn();
    assertOk(await browser.post('/api/auth/logout'));
    assertOk(await browser.post('/api/auth/logout'));
    assertOk(await web.request('POST', '/api/auth/logout'));
    for (const token of [accessToken, refreshToken, 'rubbish', 'x.y.z']) {
      assertOk(await web.request('POST', '/api/auth/logout', { headers: bearer(token) }));
    }
  });

  it('logout by access token alone, by refresh token alone and by either cookie', async () => {
    for (const how of [
      (s) => bearer(s.accessToken), (s) => bearer(s.refreshToken),
      (s) => ({ Cookie: `access_token=${s.accessToken}`, Origin: 'https://id.example.test' }),
      (s) => ({ Cookie: `refresh_token=${s.refreshToken}`, Origin: 'https://id.example.test' }),
    ]) {
      const session = await web.signIn();
      assertOk(await web.request('POST', '/api/auth/logout', { headers: how(session) }));
      assertProblem(await status(web, session.accessToken), 401, 'SESSION_INVALID');
      assertProblem(await refresh(web, session.refreshToken), 401, 'SESSION_INVALID');
    }
  });

  it('A-7.2.4 sign-in while signed in replaces the session of that browser only', async () => {
    const first = await web.signIn();
    const phone = await web.signIn({ email: first.email, register: false });
    const again = await first.browser.post('/api/auth/login', { email: first.email, password: first.password });
    const { sessionId, accessToken } = assertOk(again);
    assert.notEqual(sessionId, first.sessionId);
    assertProblem(await status(web, first.accessToken), 401, 'SESSION_INVALID');
    assertProblem(await refresh(web, first.refreshToken), 401, 'SESSION_INVALID');
    assertOk(await status(web, accessToken));
    assertOk(await status(web, phone.accessToken));
    assert.equal(auditOf(stack, 'session.replaced', { subject: first.subject }).length, 1);
  });

  it('sign-in as somebody else in the same browser ends the former session', async () => {
    const ann = await web.signIn();
    const bob = await web.signIn();
    const res = await ann.browser.post('/api/auth/login', { email: bob.email, password: bob.password });
    assert.equal(assertOk(res).user.id, bob.subject);
    assertProblem(await status(web, ann.accessToken), 401, 'SESSION_INVALID');
    assertOk(await status(web, bob.accessToken));
  });

  it('a failed sign-in leaves the browser signed in', async () => {
    const { browser, email } = await web.signIn();
    assertProblem(await browser.post('/api/auth/login', { email, password: 'not the right phrase' }), 401, 'INVALID_CREDENTIALS');
    assertOk(await browser.get('/api/auth/sessions'));
  });

  it('A-7.2.4 planted cookies are worth nothing after sign-in', async () => {
    const victim = await web.signIn();
    const planted = { Cookie: 'access_token=planted; refresh_token=planted', Origin: 'https://id.example.test' };
    const res = await login({ email: victim.email, password }, { headers: planted });
    const { accessToken, refreshToken } = assertOk(res);
    assert.notEqual(accessToken, 'planted');
    assert.notEqual(refreshToken, 'planted');
    assertProblem(await web.request('GET', '/api/auth/sessions', { headers: planted }), 401, 'ACCESS_TOKEN_INVALID');
  });

  it('A-14.2.1 R6750-2 a token in the query string is not looked at', async () => {
    const { accessToken } = await web.signIn();
    assertProblem(await web.request('GET', `/api/auth/sessions?access_token=${accessToken}`), 401, 'AUTHENTICATION_REQUIRED');
  });
});
