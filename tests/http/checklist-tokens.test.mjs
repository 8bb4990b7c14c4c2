// SPDX-License-Identifier: MIT
// The checklist of sign-up, sign-in, cookies, headers and tokens: a test a row,
// read as the product decides them.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { through } from './lib/stack.mjs';
import { until } from './lib/process.mjs';
import { kitOf } from './lib/signing.mjs';
import {
  assertInvalid, assertOk, assertProblem, bearer, chrome, claimsOf, cookieHeaders, firefox, headerOf, move, pastOverlap, refresh, status, uuid,
} from './lib/checks.mjs';

const password = 'a long enough phrase';
const six = ['access_token', 'oauth2_provider_connection_token', 'refresh_token', 'session_token', 'step_up_token', 'two_factor_authentication_token'];
let count = 0;
const fresh = () => `row-${process.pid}-${count += 1}@example.org`;
const cookieOf = (res, name) => res.cookies.find((c) => c.name === name);

through({}, (web, stack) => {
  const register = (json, options) => web.request('POST', '/api/auth/register', { json, ...options });
  const login = (json, options) => web.request('POST', '/api/auth/login', { json, ...options });
  const list = async (token) => assertOk(await web.request('GET', '/api/auth/sessions', { headers: bearer(token) }));

  it('REG-1 REG-2 sign-up answers alike for a new and a known address, sets no cookie, and the first password stays', async () => {
    const email = fresh();
    const [first, second] = [await register({ email, password, name: 'Ann' }), await register({ email, password: 'another long phrase', name: 'Eve' })];
    for (const res of [first, second]) {
      assert.deepEqual(assertOk(res), { success: true });
      assert.equal(res.headers['set-cookie'], undefined);
    }
    assert.equal(first.text, second.text);
    assertOk(await login({ email, password }));
    assertProblem(await login({ email, password: 'another long phrase' }), 401, 'INVALID_CREDENTIALS');
  });

  it('REG-3 what is no address is refused', async () => assertInvalid(await register({ email: 'invalid', password, name: 'Ann' }), 'email', 'EMAIL_INVALID'));

  it('REG-4 a password too short, too long or common is refused; no mixture of characters is asked for', async () => {
    for (const [bad, code] of [['sh0rt!A', 'PASSWORD_TOO_SHORT'], ['x'.repeat(1025), 'TOO_LONG'], ['password1', 'PASSWORD_COMMON']]) {
      assertInvalid(await register({ email: fresh(), password: bad, name: 'Ann' }), 'password', code);
    }
    assertOk(await register({ email: fresh(), password: 'onlylowercaseletters', name: 'Ann' }));
  });

  it('REG-6 sign-up while signed in is a sign-up like any other and leaves the session alone', async () => {
    const who = await web.signIn();
    const res = await who.browser.post('/api/auth/register', { email: fresh(), password, name: 'Bob' });
    assert.deepEqual([assertOk(res), res.cookies], [{ success: true }, []]);
    assert.equal(assertOk(await who.browser.get('/api/auth/status')).sessionId, who.sessionId);
  });

  it('REG-7 case does not tell addresses apart', async () => {
    const email = fresh();
    assertOk(await register({ email: email.toUpperCase(), password }));
    assertOk(await login({ email: email.replace('example', 'EXAMPLE'), password }));
  });

  it('LOG-1 sign-in sets both cookies and tells both tokens and the person', async () => {
    const { login: res, email } = await web.signIn();
    const json = assertOk(res);
    assert.equal(cookieOf(res, 'access_token').value, json.accessToken);
    assert.equal(cookieOf(res, 'refresh_token').value, json.refreshToken);
    assert.equal(json.user.email, email);
  });

  it('LOG-2 a wrong password and an unknown address are the same to a stranger', async () => {
    const { email } = await web.signIn();
    const [wrong, unknown] = [await login({ email, password: 'not the right phrase' }), await login({ email: fresh(), password })];
    for (const res of [wrong, unknown]) assertProblem(res, 401, 'INVALID_CREDENTIALS', 'Invalid credentials');
    assert.equal(wrong.json.detail, unknown.json.detail);
  });

  it('LOG-3 SA-57 no body is 400, a body of text 415, broken JSON 400, all as problems', async () => {
    const json = { 'Content-Type': 'application/json' };
    assert.equal((await web.request('POST', '/api/auth/login', { headers: json, body: '' })).status, 400);
    assertProblem(await web.request('POST', '/api/auth/login', { headers: { 'Content-Type': 'text/plain' }, body: '{}' }), 415, 'UNSUPPORTED_MEDIA_TYPE');
    assertProblem(await web.request('POST', '/api/auth/login', { headers: json, body: '{"email":' }), 400, 'MALFORMED_JSON');
    assertProblem(await web.request('GET', '/api/auth/no-such-thing'), 404, 'NOT_FOUND');
  });

  it('LOG-4 sign-in while signed in replaces that browser\'s session; a garbage token is no hindrance', async () => {
    const who = await web.signIn();
    const again = assertOk(await who.browser.post('/api/auth/login', { email: who.email, password: who.password }));
    assert.notEqual(again.sessionId, who.sessionId);
    assertProblem(await status(web, who.accessToken), 401, 'SESSION_INVALID');
    assertOk(await status(web, again.accessToken));
    assertOk(await login({ email: who.email, password: who.password }, { headers: cookieHeaders({ access_token: 'garbage', refresh_token: 'garbage' }) }));
  });

  it('LOG-5 LOG-6 A-7.2.2 each sign-in is a session of its own, with browser and system of its User-Agent', async () => {
    const who = await web.signIn({ userAgent: chrome });
    await web.signIn({ email: who.email, register: false, userAgent: firefox });
    const rows = await list(who.accessToken);
    assert.equal(new Set(rows.map((s) => s.id)).size, 2);
    assert.deepEqual(rows.map((s) => `${s.browser}/${s.os.split(' ')[0]}`).sort(), ['Chrome/Windows', 'Firefox/Linux']);
  });

  it('COO-1 cookies are HttpOnly, SameSite=Strict and as old as their tokens', async () => {
    const { login: res } = await web.signIn();
    for (const [name, path, age] of [['access_token', '/', '900'], ['refresh_token', '/api/auth', '7884000']]) {
      const { attributes } = cookieOf(res, name);
      assert.deepEqual([attributes.httponly, attributes.samesite, attributes.path, attributes['max-age'], attributes.secure], [true, 'Strict', path, age, true]);
    }
  });

  it('HDR-1 a token counts behind Bearer only', async () => {
    const { accessToken } = await web.signIn();
    const ask = (value) => web.request('GET', '/api/auth/sessions', { headers: { Authorization: value } });
    assertOk(await ask(`Bearer ${accessToken}`));
    for (const value of [accessToken, `Basic ${accessToken}`, `Token ${accessToken}`, `Bearer${accessToken}`]) assert.equal((await ask(value)).status, 401, value.slice(0, 12));
  });

  it('ACC-1 SA-17 without a token every path that needs one is 401', async () => {
    for (const [method, path] of [['GET', '/api/auth/sessions'], ['GET', '/api/users/me/sessions'], ['DELETE', '/api/auth/sessions/others'], ['DELETE', '/api/auth/sessions'],
      ['DELETE', '/api/auth/sessions/01938f6e-0000-7000-8000-000000000002'], ['GET', '/api/auth/session/data'], ['GET', '/api/users/me']]) {
      assertProblem(await web.request(method, path), 401, 'AUTHENTICATION_REQUIRED', 'Authentication required');
    }
  });

  it('ACC-2 ACC-6 SA-18 garbage, alg none, a changed payload and a foreign key are invalid', async () => {
    const kit = await kitOf(stack, (await web.signIn()).accessToken);
    const b64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const [head, , signature] = kit.token.split('.');
    for (const bad of ['garbage', `${b64({ ...kit.header, alg: 'none' })}.${kit.parts[1]}.`, `${head}.${b64({ ...kit.claims, roles: ['ADMIN'] })}.${signature}`, `${head}.${kit.parts[1]}.${'A'.repeat(signature.length)}`]) {
      assertProblem(await status(web, bad), 401, 'ACCESS_TOKEN_INVALID', 'Invalid access token');
    }
  });

  it('ACC-3 an expired access token is told apart', async () => {
    const kit = await kitOf(stack, (await web.signIn()).accessToken);
    const then = Math.floor(Date.now() / 1000) - 3600;
    assertProblem(await status(web, kit.resigned({ claims: { iat: then, exp: then + 900 } })), 401, 'ACCESS_TOKEN_EXPIRED', 'Access token expired');
  });

  it('SA-19 a token that names no session is invalid, though well signed', async () => {
    const kit = await kitOf(stack, (await web.signIn()).accessToken);
    assertProblem(await status(web, kit.resigned({ claims: { sid: undefined } })), 401, 'ACCESS_TOKEN_INVALID');
  });

  it('ACC-4 an access token says who, which session, which rights and until when', async () => {
    const { accessToken, sessionId, subject } = await web.signIn();
    const claims = claimsOf(accessToken);
    assert.deepEqual([claims.sub, claims.sid, claims.roles, claims.groups, claims.exp - claims.iat], [subject, sessionId, ['USER'], [], 900]);
    assert.match(claims.jti, uuid);
    assert.equal(headerOf(accessToken).typ, 'at+jwt');
    assert.match(headerOf(accessToken).kid, /^[\w-]{43}$/);
  });

  it('ACC-5 A-9.2.2 neither token is taken for the other', async () => {
    const { accessToken, refreshToken } = await web.signIn();
    assertProblem(await status(web, refreshToken), 401, 'ACCESS_TOKEN_INVALID');
    assertProblem(await refresh(web, accessToken), 401, 'REFRESH_TOKEN_INVALID');
    assert.equal((await web.request('GET', '/api/auth/sessions', { headers: cookieHeaders({ access_token: refreshToken }) })).status, 401);
    assert.equal((await web.request('POST', '/api/auth/refresh', { headers: cookieHeaders({ refresh_token: accessToken }) })).status, 401);
  });

  for (const method of ['POST', 'GET']) {
    it(`REF-1 REF-2 REF-3 ${method} refresh by cookie or by Bearer gives both tokens anew and the person`, async () => {
      const who = await web.signIn();
      const res = await who.browser.request(method, '/api/auth/refresh');
      assert.equal(assertOk(res).principal.email, who.email);
      for (const name of ['access_token', 'refresh_token']) assert.notEqual(cookieOf(res, name).value, cookieOf(who.login, name).value);
      const json = assertOk(await refresh(web, res.json.refreshToken, method));
      assertOk(await status(web, json.accessToken));
      assert.equal(json.principal.id, who.subject);
    });
  }

  it('REF-4 A-10.4.5 a used parent that comes back ends its session; until a child is used it is good', async () => {
    const who = await web.signIn();
    const child = assertOk(await refresh(web, who.refreshToken));
    assertOk(await refresh(web, who.refreshToken));
    assertOk(await refresh(web, child.refreshToken));
    pastOverlap(stack, who.sessionId);
    assertProblem(await refresh(web, who.refreshToken), 401, 'TOKEN_THEFT_DETECTED');
    assertProblem(await refresh(web, child.refreshToken), 401, 'SESSION_INVALID');
  });

  it('REF-5 SA-31 missing, invalid and expired are three answers', async () => {
    assertProblem(await web.request('POST', '/api/auth/refresh'), 401, 'AUTHENTICATION_REQUIRED', 'Authentication required');
    assertProblem(await refresh(web, 'rubbish'), 401, 'REFRESH_TOKEN_INVALID', 'Invalid refresh token');
    const who = await web.signIn();
    move(stack, who.sessionId, { created_us: -8e6, active_us: -8e6, expires_us: -8e6 });
    const res = await who.browser.post('/api/auth/refresh');
    assertProblem(res, 401, 'SESSION_EXPIRED', 'Session expired');
    for (const name of ['access_token', 'refresh_token']) assert.equal(cookieOf(res, name).attributes['max-age'], '0', 'cookies are cleared');
  });

  it('REF-6 REF-7 REF-10 a refresh keeps the session, its device and the older access token', async () => {
    const who = await web.signIn({ userAgent: firefox });
    move(stack, who.sessionId, { active_us: -600, created_us: -600, cur_issued_us: -600 });
    const [before] = await list(who.accessToken);
    const next = assertOk(await refresh(web, who.refreshToken));
    assertOk(await status(web, next.accessToken));
    const rows = await list(who.accessToken);
    assert.deepEqual(rows.map((s) => s.id), [who.sessionId]);
    assert.deepEqual([rows[0].browser, rows[0].os], [before.browser, before.os]);
    assert.ok(rows[0].lastActiveAt >= before.lastActiveAt);
    assert.equal(claimsOf(next.accessToken).sid, who.sessionId);
  });

  it('REF-8 REF-9 A-7.4.2 after the end of the session or of the account nothing is refreshed', async () => {
    const [who, other] = [await web.signIn(), await web.signIn()];
    assertOk(await web.request('DELETE', `/api/auth/sessions/${who.sessionId}`, { headers: bearer(who.accessToken) }));
    assertProblem(await refresh(web, who.refreshToken), 401, 'SESSION_INVALID');
    stack.ctl('user', 'delete', other.email);
    assert.equal((await refresh(web, other.refreshToken)).status, 401);
    assert.equal((await status(web, other.accessToken)).status, 401);
  });

  it('STA-1 to a stranger status says no to everything', async () => {
    const json = assertOk(await web.request('GET', '/api/auth/status'));
    for (const [name, value] of Object.entries(json)) assert.ok(value === false || value === null, `${name}: ${value}`);
    assert.ok('authenticated' in json && 'stepUp' in json && 'sessionId' in json);
  });

  it('A-14.3.1 N63B-9 OUT-1 OUT-3 SA-30 sign-out clears six cookies and ends all tokens of the session, and of no other', async () => {
    const who = await web.signIn();
    const other = await web.signIn({ email: who.email, register: false });
    const next = assertOk(await refresh(web, who.refreshToken));
    const res = await who.browser.post('/api/auth/logout');
    assert.equal(assertOk(res).success, true);
    assert.deepEqual(res.cookies.filter((c) => c.attributes['max-age'] === '0').map((c) => c.name).sort(), six);
    for (const one of [who, next]) {
      assert.equal((await status(web, one.accessToken)).status, 401);
      assert.equal((await refresh(web, one.refreshToken)).status, 401);
    }
    assertOk(await status(web, other.accessToken));
  });

  it('OUT-2 A-7.4.4 sign-out without a session succeeds and clears', async () => {
    const res = await web.request('POST', '/api/auth/logout');
    assertOk(res);
    assert.deepEqual(res.cookies.map((c) => c.name).sort(), six);
  });

  it('R9457-3 ERR-1 errors have one shape', async () => {
    for (const res of [await status(web, 'x'), await login({ email: 'x' }), await web.request('PUT', '/api/auth/login')]) {
      assertProblem(res, res.status, res.json.code, res.json.error);
      assert.deepEqual(Object.keys(res.json).filter((key) => key !== 'errors').sort(), ['code', 'detail', 'error', 'instance', 'status', 'title', 'type']);
    }
  });

  it('COR-1 SA-60 A-3.4.2 a preflight of the site\'s own page passes with credentials, a stranger\'s does not', async () => {
    const ask = (origin) => web.request('OPTIONS', '/api/auth/sessions', { headers: { Origin: origin, 'Access-Control-Request-Method': 'DELETE' } });
    const own = await ask('https://id.example.test');
    assert.deepEqual([own.status, own.headers['access-control-allow-origin'], own.headers['access-control-allow-credentials']], [204, 'https://id.example.test', 'true']);
    assert.match(own.headers['access-control-allow-methods'], /DELETE/);
    assert.equal((await ask('https://evil.test')).headers['access-control-allow-origin'], undefined);
  });

  it('A-3.4.3 SA-39 A-3.4.5 A-3.4.6 every answer carries the fields that harden it', async () => {
    for (const res of [await web.request('GET', '/api/auth/status'), await status(web, 'x'), await web.request('GET', '/api/auth/nothing')]) {
      assert.equal(res.headers['x-content-type-options'], 'nosniff');
      assert.equal(res.headers['referrer-policy'], 'no-referrer');
      assert.match(res.headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/);
    }
  });

  it('SA-58 A-13.4.6 neither files nor versions are told', async () => {
    for (const path of ['/api/auth/server.js', '/api/auth/.git/config', '/api/auth/.env', '/api/auth/gatehouse.conf']) {
      const res = await web.request('GET', path);
      assertProblem(res, 404, 'NOT_FOUND', 'Not found');
    }
    const res = await status(web, 'x');
    assert.ok(!/gatehouse|\d+\.\d+\.\d+/i.test(JSON.stringify([res.headers['x-powered-by'], res.json.detail])));
  });
});

through({ name: 'without Secure', config: { cookies: { secure: 'no' } } }, (web) => {
  it('COO-2 cookies.secure switches Secure off', async () => {
    const { login } = await web.signIn();
    assert.ok(login.cookies.length >= 2);
    for (const cookie of login.cookies) assert.equal(cookie.attributes.secure, undefined, cookie.name);
  });
});

through({ name: 'without header authentication', config: { tokens: { header_authentication: 'no' } } }, (web) => {
  it('HDR-2 A-3.3.4 the header is ignored and no body tells a token', async () => {
    const { login, browser } = await web.signIn();
    assert.deepEqual([login.json.accessToken ?? null, login.json.refreshToken ?? null], [null, null]);
    assertProblem(await web.request('GET', '/api/auth/sessions', { headers: bearer(browser.cookie('access_token')) }), 401, 'AUTHENTICATION_REQUIRED');
    assertOk(await browser.get('/api/auth/sessions'));
  });
});

for (const [id, prefer] of [['HDR-3', 'yes'], ['HDR-4', 'no']]) {
  through({ name: `prefer_header = ${prefer}`, config: { tokens: { prefer_header: prefer } } }, (web) => {
    it(`${id} of a header and a cookie the ${prefer === 'yes' ? 'header' : 'cookie'} alone is judged`, async () => {
      const { accessToken } = await web.signIn();
      const ask = (header, cookie) => web.request('GET', '/api/auth/sessions', { headers: { ...bearer(header), ...cookieHeaders({ access_token: cookie }) } });
      const [header, cookie] = [await ask(accessToken, 'bad'), await ask('bad', accessToken)];
      assertOk(prefer === 'yes' ? header : cookie);
      assertProblem(prefer === 'yes' ? cookie : header, 401, 'ACCESS_TOKEN_INVALID');
    });
  });
}

through({ name: 'with short tokens', config: { tokens: { access_lifetime: 2 } } }, (web) => {
  it('ACC-7 an access token lives as long as configured', async () => {
    const { accessToken, login } = await web.signIn();
    assert.deepEqual([login.json.expiresIn, claimsOf(accessToken).exp - claimsOf(accessToken).iat], [2, 2]);
    const end = await until(async () => {
      const res = await status(web, accessToken);
      return res.status === 401 && res;
    }, 'its end');
    assertProblem(end, 401, 'ACCESS_TOKEN_EXPIRED');
  });
});
