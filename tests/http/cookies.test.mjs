// SPDX-License-Identifier: MIT
// Cookies and headers: attributes, prefixes, domain, and which of two wins.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bothWebs, through } from './lib/stack.mjs';
import { assertOk, assertProblem, bearer, cookieHeaders, refresh, status } from './lib/checks.mjs';

const byName = (res) => Object.fromEntries(res.cookies.map((c) => [c.name, c.attributes]));
const strict = { secure: true, httponly: true, samesite: 'Strict' };
const expired = { 'max-age': '0', expires: 'Thu, 01 Jan 1970 00:00:00 GMT' };

/** What a browser is told to keep at sign-in, by default. */
const usual = {
  access_token: { ...strict, path: '/', 'max-age': '900' },
  refresh_token: { ...strict, path: '/api/auth', 'max-age': '7884000' },
  device_token: { ...strict, path: '/api/auth', 'max-age': '63072000' },
};

/** The token cookies and what else is cleared at sign-out. */
const cleared = {
  access_token: { ...strict, path: '/', ...expired },
  refresh_token: { ...strict, path: '/api/auth', ...expired },
  two_factor_authentication_token: { ...strict, path: '/', ...expired },
  step_up_token: { ...strict, path: '/', ...expired },
  oauth2_provider_connection_token: { ...strict, path: '/', samesite: 'Lax', ...expired },
  session_token: { ...strict, path: '/', samesite: 'Lax', ...expired },
};

const renamed = (table, rename, more = {}) => Object.fromEntries(Object.entries(table).map(([name, value]) => [rename(name, value), { ...value, ...more }]));
const bound = (value) => value.path !== '/';

/** Sign-in, refresh and sign-out set and clear just these cookies. */
function attributes(web, rename = (name) => name, more = {}) {
  it('R6265-5.5 are set and cleared with the same attributes', async () => {
    const { browser, login } = await web.signIn();
    assertOk(login);
    assert.deepEqual(byName(login), renamed(usual, rename, more));
    const again = await browser.post('/api/auth/refresh');
    assertOk(again);
    const { device_token: device, ...tokens } = usual;
    assert.deepEqual(byName(again), renamed(tokens, rename, more));
    const out = await browser.post('/api/auth/logout');
    assert.deepEqual(byName(out), renamed(cleared, rename, more));
    for (const cookie of out.cookies) assert.equal(cookie.value, '');
    assert.deepEqual([...browser.jar.keys()], [rename('device_token', device)], 'the device stays known');
  });

  it('work for every kind of call', async () => {
    const { browser } = await web.signIn();
    assert.equal(assertOk(await browser.get('/api/auth/status')).authenticated, true);
    assertOk(await browser.get('/api/users/me/sessions'));
    assertOk(await browser.post('/api/auth/refresh'));
    assertOk(await browser.put('/api/auth/session/data', { a: 1 }));
    assertOk(await browser.delete('/api/auth/sessions'));
    assert.equal(assertOk(await browser.get('/api/auth/status')).authenticated, false);
  });
}

through({ webs: bothWebs }, (web, stack) => {
  describe('cookies', () => attributes(web));

  it('A-3.3.5 name and value are at most 4096 bytes', async () => {
    const { login } = await web.signIn();
    for (const { name, value } of login.cookies) assert.ok(name.length + value.length <= 4096);
  });

  it('the refresh cookie goes only where it is used', async () => {
    const { browser } = await web.signIn();
    assert.ok(!browser.cookieHeader('/api/users/me/sessions').includes('refresh_token'));
    assert.ok(browser.cookieHeader('/api/auth/logout').includes('refresh_token'));
  });

  it('a refusal because the session is over clears the token cookies with the same attributes', async () => {
    const { browser, sessionId } = await web.signIn();
    stack.sql(`UPDATE session SET revoked_us = active_us, revoked_reason = 'test' WHERE id = UNHEX('${sessionId.replaceAll('-', '')}')`);
    const res = await browser.get('/api/auth/sessions');
    assertProblem(res, 401, 'SESSION_INVALID', 'Invalid session');
    const { access_token, refresh_token } = cleared;
    assert.deepEqual(byName(res), { access_token, refresh_token });
  });

  it('other refusals clear nothing', async () => {
    const { browser, accessToken } = await web.signIn();
    for (const res of [
      await browser.delete('/api/auth/sessions/no-id'), await browser.post('/api/auth/login', { email: 'a@b.test', password: 'wrong phrase' }),
      await web.request('GET', '/api/auth/sessions', { headers: cookieHeaders({ access_token: `${accessToken.slice(0, -3)}AAA` }) }),
    ]) assert.deepEqual(res.cookies, []);
  });

  it('a refusal of a header clears no cookie', async () => {
    const { accessToken, browser } = await web.signIn();
    assertOk(await browser.post('/api/auth/logout'));
    assert.deepEqual((await status(web, accessToken)).cookies, []);
  });

  describe('header authentication, header preferred', () => {
    it('gives the tokens in the body, the same as in the cookies', async () => {
      const { login, browser } = await web.signIn();
      assert.equal(login.json.accessToken, browser.cookie('access_token'));
      assert.equal(login.json.refreshToken, browser.cookie('refresh_token'));
    });

    it('of a header and a cookie the header alone is judged', async () => {
      const [good, bad] = [await web.signIn(), 'x.y.z'];
      const both = (header, cookie) => web.request('GET', '/api/auth/sessions', { headers: { ...bearer(header), ...cookieHeaders({ access_token: cookie }) } });
      assertOk(await both(good.accessToken, bad));
      assertProblem(await both(bad, good.accessToken), 401, 'ACCESS_TOKEN_INVALID');
      const other = await web.signIn();
      assert.deepEqual(assertOk(await both(good.accessToken, other.accessToken)).map((s) => s.id), [good.sessionId]);
    });

    it('of a refresh token in header and cookie the header alone is judged', async () => {
      const good = await web.signIn();
      const both = (header, cookie) => web.request('POST', '/api/auth/refresh', { headers: { ...bearer(header), ...cookieHeaders({ refresh_token: cookie }) } });
      assertOk(await both(good.refreshToken, 'bad'));
      assertProblem(await both('bad', good.refreshToken), 401, 'REFRESH_TOKEN_INVALID');
    });

    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      it(`the scheme may be written ${scheme}`, async () => {
        const { accessToken } = await web.signIn();
        assertOk(await web.request('GET', '/api/auth/sessions', { headers: { Authorization: `${scheme} ${accessToken}` } }));
      });
    }

    it('other schemes are no credentials of ours', async () => {
      const res = await web.request('GET', '/api/auth/sessions', { headers: { Authorization: 'Basic YTpi' } });
      assert.ok([400, 401].includes(res.status));
      assert.notEqual(res.json.code, 'INTERNAL_ERROR');
    });
  });
});

through({ webs: bothWebs, name: 'cookie preferred', config: { tokens: { prefer_header: 'no' } } }, (web) => {
  it('of a header and a cookie the cookie alone is judged', async () => {
    const good = await web.signIn();
    const both = (header, cookie) => web.request('GET', '/api/auth/sessions', { headers: { ...bearer(header), ...cookieHeaders({ access_token: cookie }) } });
    assertOk(await both('x.y.z', good.accessToken));
    assertProblem(await both(good.accessToken, 'x.y.z'), 401, 'ACCESS_TOKEN_INVALID');
    assertOk(await status(web, good.accessToken));
  });
});

through({ webs: bothWebs, name: 'cookies only', config: { tokens: { header_authentication: 'no' } } }, (web) => {
  it('A-3.3.4 no token appears in a body', async () => {
    const { login, browser } = await web.signIn();
    const again = await browser.post('/api/auth/refresh');
    for (const res of [login, again]) {
      const json = assertOk(res);
      assert.equal(json.accessToken, null);
      assert.equal(json.refreshToken, null);
      for (const { value } of res.cookies) assert.ok(!res.text.includes(value));
    }
  });

  it('headers are no credentials', async () => {
    const { browser } = await web.signIn();
    const [access, fresh] = [browser.cookie('access_token'), browser.cookie('refresh_token')];
    assertProblem(await web.request('GET', '/api/auth/sessions', { headers: bearer(access) }), 401, 'AUTHENTICATION_REQUIRED');
    assert.equal((await refresh(web, fresh)).status, 401);
    assertOk(await web.request('GET', '/api/auth/sessions', { headers: { ...bearer('x.y.z'), ...cookieHeaders({ access_token: access }) } }));
    assertOk(await web.request('POST', '/api/auth/logout', { headers: bearer(access) }));
    assertOk(await browser.get('/api/auth/sessions'));
  });

  describe('cookies', () => attributes(web));
});

through({ webs: bothWebs, name: 'host prefix, lax', config: { cookies: { prefix: 'host', same_site: 'lax' } } }, (web) => {
  describe('A-3.3.1 A-3.3.3 cookies', () => {
    it('R6265-4.1.3 __Host- is Secure, for Path=/ and without Domain; a path makes it __Secure-', async () => {
      const { login } = await web.signIn();
      const cookies = byName(login);
      assert.deepEqual(Object.keys(cookies).sort(), ['__Host-access_token', '__Secure-device_token', '__Secure-refresh_token']);
      for (const [name, value] of Object.entries(cookies)) {
        assert.equal(value.secure, true);
        assert.equal(value.httponly, true);
        assert.equal(value.domain, undefined);
        assert.equal(value.path === '/', name.startsWith('__Host-'));
      }
    });

    it('A-3.3.2 SameSite is Lax where it is settable, and stays Strict for the device', async () => {
      const { login, browser } = await web.signIn();
      const of = (res) => Object.fromEntries(res.cookies.map((c) => [c.name.replace(/^__[A-Z][a-z]+-/, ''), c.attributes.samesite]));
      assert.deepEqual(of(login), { access_token: 'Lax', refresh_token: 'Lax', device_token: 'Strict' });
      const out = of(await browser.post('/api/auth/logout'));
      assert.equal(out.two_factor_authentication_token, 'Strict');
      assert.equal(out.session_token, 'Lax');
    });

    it('R6265-5.6 only the exact name counts', async () => {
      const { accessToken } = await web.signIn();
      for (const name of ['access_token', '__host-access_token', '__Secure-access_token', '__HOST-access_token', '__Host-Access_token']) {
        const res = await web.request('GET', '/api/auth/sessions', { headers: cookieHeaders({ [name]: accessToken }) });
        assertProblem(res, 401, 'AUTHENTICATION_REQUIRED');
      }
      assertOk(await web.request('GET', '/api/auth/sessions', { headers: cookieHeaders({ '__Host-access_token': accessToken }) }));
    });

    it('are cleared under the same names', async () => {
      const { browser } = await web.signIn();
      const out = await browser.post('/api/auth/logout');
      assert.deepEqual(Object.keys(byName(out)).sort(), Object.entries(cleared).map(([name, value]) => `${bound(value) ? '__Secure-' : '__Host-'}${name}`).sort());
      assert.deepEqual([...browser.jar.keys()], ['__Secure-device_token']);
    });
  });
});

through({ webs: bothWebs, name: 'shared with sub-domains', config: { cookies: { prefix: 'secure', domain: 'example.test' } } }, (web) => {
  describe('cookies', () => attributes(web, (name) => `__Secure-${name}`, { domain: 'example.test' }));
});

through({ webs: bothWebs, name: 'development', config: { cookies: { secure: 'no' } } }, (web) => {
  it('Secure can be left out, HttpOnly and SameSite cannot', async () => {
    const { login } = await web.signIn();
    for (const { attributes: a } of login.cookies) {
      assert.equal(a.secure, undefined);
      assert.equal(a.httponly, true);
      assert.equal(a.samesite, 'Strict');
    }
  });
});

