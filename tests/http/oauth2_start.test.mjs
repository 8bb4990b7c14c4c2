// SPDX-License-Identifier: MIT
// Sign-in at other providers, as far as no provider is needed: the way out, what
// it is bound to, and ways back that lead nowhere.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertInvalid, assertOk, assertProblem, bearer, chrome } from './lib/checks.mjs';

const start = '/api/auth/oauth2/authorization/acme';
const back = '/api/auth/oauth2/callback/acme';
const app = 'https://app.example.test/in';
const page = 'https://app.example.test/error?from=gatehouse';
const html = { Accept: 'text/html,application/xhtml+xml' };
const json = { Accept: 'application/json' };

const acme = {
  kind: 'oauth2', client_id: 'client', client_auth: 'none', authorization_uri: 'https://acme.example.test/authorize?tenant=7',
  token_uri: 'https://acme.example.test/token', user_info_uri: 'https://acme.example.test/me', subject_claim: 'id',
};
/* Nobody listens there. */
const nowhere = { kind: 'oidc', client_id: 'client', client_auth: 'none', issuer: 'http://127.0.0.1:9' };
const on = {
  oauth2: { enabled: 'yes', redirect_uris: `${app} https://app.example.test/other`, error_uri: page },
  'provider acme': { ...acme, title: 'Acme & Sons' },
  'provider nowhere': nowhere,
};

const query = (fields) => `?${new URLSearchParams(fields)}`;
const cookieOf = (res, name = 'session_token') => res.cookies.find((c) => c.name === name);

/** A browser was sent to the error page with this code, and got no cookie. */
function assertSent(res, code, details) {
  assert.equal(res.status, 302, res.text);
  const url = new URL(res.headers.location);
  assert.equal(`${url.origin}${url.pathname}`, 'https://app.example.test/error');
  assert.deepEqual(Object.fromEntries(url.searchParams), { from: 'gatehouse', code, ...details && { details } });
  assert.deepEqual(res.cookies, []);
  assert.equal(res.text, '');
  assert.match(res.headers['cache-control'], /no-store/);
  assert.equal(res.headers['referrer-policy'], 'no-referrer');
}

through({}, (web) => {
  describe('while it is off', () => {
    for (const path of ['/api/auth/oauth2/providers', start, '/oauth2/authorization/acme', back, '/login/oauth2/code/acme']) {
      it(`OAU-12 ${path} is not there`, async () => {
        assertProblem(await web.request('GET', path, { headers: html }), 404, 'NOT_FOUND');
      });
    }
  });

  describe('session token', () => {
    for (const path of ['/api/auth/sessions/token', '/api/users/me/sessions/token']) {
      it(`SES-13 POST ${path} gives one to anybody`, async () => {
        const res = await web.request('POST', path, { json: { browser: 'Firefox', os: 'Haiku', locale: 'de' } });
        const { token } = assertOk(res);
        assert.deepEqual(Object.keys(res.json), ['token']);
        const cookie = cookieOf(res);
        assert.equal(cookie.value, token);
        assert.equal(cookie.attributes.samesite, 'Lax');
        assert.equal(cookie.attributes.httponly, true);
        assert.equal(cookie.attributes.path, '/');
        assert.equal(cookie.attributes['max-age'], '900');
        assert.doesNotMatch(token, /Firefox|Haiku/);
      });
    }

    it('needs no body', async () => {
      assertOk(await web.request('POST', '/api/auth/sessions/token', { json: {} }));
    });

    const bad = [
      ['browser', 'x'.repeat(65), 'TOO_LONG'], ['browser', 'a\u0007b', 'CONTROL_CHARACTER'], ['os', 7, 'WRONG_TYPE'],
      ['locale', '../../etc', 'WRONG_VALUE'], ['locale', 'x', 'WRONG_VALUE'],
    ];
    for (const [field, value, code] of bad) {
      it(`refuses ${field} ${JSON.stringify(value).slice(0, 20)}`, async () => {
        assertInvalid(await web.request('POST', '/api/auth/sessions/token', { json: { [field]: value } }), field, code);
      });
    }

    it('is not given to a foreign page', async () => {
      const res = await web.request('POST', '/api/auth/sessions/token', { json: {}, headers: { Origin: 'https://evil.example' } });
      assertProblem(res, 403, 'CROSS_SITE_REQUEST');
      assert.deepEqual(res.cookies, []);
    });

    it('opens nothing else', async () => {
      const { token } = assertOk(await web.request('POST', '/api/auth/sessions/token', { json: {} }));
      assertProblem(await web.request('GET', '/api/users/me', { headers: bearer(token) }), 401, 'ACCESS_TOKEN_INVALID');
    });
  });
});

through({ config: on }, (web) => {
  const go = (path, headers = {}) => web.request('GET', path, { headers: { ...html, ...headers } });

  describe('providers', () => {
    it('are listed for anybody, without what is not theirs to know', async () => {
      const res = await web.request('GET', '/api/auth/oauth2/providers');
      assert.deepEqual(assertOk(res), { providers: [{ name: 'acme', title: 'Acme & Sons' }, { name: 'nowhere', title: 'nowhere' }] });
    });

    for (const name of ['other', 'ACME', 'acme%20', '..%2facme', 'acme;x']) {
      it(`${name} is none`, async () => {
        const res = await go(`/api/auth/oauth2/authorization/${name}`);
        assert.ok([400, 404].includes(res.status), res.text);
        assert.equal(res.headers.location, undefined);
      });
    }
  });

  describe('the way out', () => {
    for (const path of [start, '/oauth2/authorization/acme']) {
      it(`OAU-1 ${path} leads to the provider, bound to this browser`, async () => {
        const res = await go(path + query({ redirect_uri: app }));
        assert.equal(res.status, 302, res.text);
        const url = new URL(res.headers.location);
        const asked = Object.fromEntries(url.searchParams);
        assert.equal(`${url.origin}${url.pathname}`, 'https://acme.example.test/authorize');
        assert.equal(asked.tenant, '7');
        assert.equal(asked.response_type, 'code');
        assert.equal(asked.client_id, 'client');
        assert.equal(asked.redirect_uri, `https://id.example.test${back}`);
        assert.equal(asked.code_challenge_method, 'S256');
        assert.match(asked.code_challenge, /^[\w-]{43}$/);
        assert.match(asked.state, /^[\w-]{64}$/);
        assert.equal(cookieOf(res).attributes.samesite, 'Lax');
        assert.equal(res.cookies.length, 1);
        assert.equal(res.text, '');
        assert.equal(res.headers['referrer-policy'], 'no-referrer');
        assert.match(res.headers['cache-control'], /no-store/);
      });
    }

    it('A-10.1.2 state and challenge are others every time', async () => {
      const seen = new Set();
      for (let i = 0; i < 3; i += 1) {
        const { searchParams } = new URL((await go(start)).headers.location);
        seen.add(searchParams.get('state')).add(searchParams.get('code_challenge'));
      }
      assert.equal(seen.size, 6);
    });

    it('tells a script where to go, with the token for its way back', async () => {
      const res = await web.request('GET', start, { headers: json });
      const { success, authorizationUri, sessionToken } = assertOk(res);
      assert.equal(success, true);
      assert.equal(new URL(authorizationUri).host, 'acme.example.test');
      assert.equal(sessionToken, cookieOf(res).value);
    });

    const uris = [
      `${app}/`, `${app}?x=1`, `${app}#x`, 'https://app.example.test', 'HTTPS://app.example.test/in', 'https://evil.example/', '//app.example.test/in',
      '/in', 'javascript:alert(1)', `${app} https://app.example.test/other`, ' ', '',
    ];
    for (const uri of uris) {
      it(`R9700-4.11 R9700-2.1 sends nobody back to ${JSON.stringify(uri)}`, async () => {
        const res = await go(start + query({ redirect_uri: uri }));
        assertProblem(res, 400, 'INVALID_REDIRECT_URI');
        assert.equal(res.headers.location, undefined);
      });
    }

    it('takes no parameter twice', async () => {
      assertProblem(await go(`${start}?redirect_uri=${encodeURIComponent(app)}&redirect_uri=https://evil.example`), 400, 'BAD_REQUEST');
    });

    it('takes step_up for true and false only', async () => {
      assertInvalid(await go(`${start}?step_up=1`), 'step_up', 'WRONG_VALUE');
    });

    it('is not for who is signed in', async () => {
      const me = await web.signIn();
      assertSent(await go(start, bearer(me.accessToken)), 'user_already_authenticated');
      assertProblem(await web.request('GET', start, { headers: { ...json, ...bearer(me.accessToken) } }), 409, 'USER_ALREADY_AUTHENTICATED');
    });

    it('passes over an access token that is not good any more', async () => {
      assert.equal(new URL((await go(start, bearer('a.b.c'))).headers.location).host, 'acme.example.test');
    });

    it('OAU-6 step-up is for who is signed in', async () => {
      assertSent(await go(`${start}?step_up=true`), 'wrong_account_authenticated', 'access_token_missing');
      assertSent(await go(`${start}?step_up=true`, bearer('a.b.c')), 'wrong_account_authenticated', 'access_token_invalid');
    });

    it('OAU-6 no step-up by a provider that does not say when it was proved', async () => {
      const me = await web.signIn();
      assertSent(await go(`${start}?step_up=true`, bearer(me.accessToken)), 'authentication_failed', 'no_fresh_sign_in');
    });

    it('F55 step-up begins on our own site only', async () => {
      const me = await web.signIn();
      const headers = { ...bearer(me.accessToken), 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
      assertSent(await go(`${start}?step_up=true`, headers), 'cross_site_request');
    });

    it('OAU-8 a connection token that is none', async () => {
      const { token } = assertOk(await web.request('POST', '/api/auth/sessions/token', { json: {} }));
      for (const value of ['x', token]) {
        assertSent(await go(start, { Cookie: `oauth2_provider_connection_token=${value}` }), 'invalid_connection_token');
        assertSent(await go(start, { 'X-OAuth2-Provider-Connection-Token': value }), 'invalid_connection_token');
      }
    });

    it('F54 says so when the provider cannot be asked', async () => {
      assertSent(await go('/api/auth/oauth2/authorization/nowhere'), 'provider_unavailable');
      const res = await web.request('GET', '/api/auth/oauth2/authorization/nowhere', { headers: json });
      assertProblem(res, 503, 'PROVIDER_UNAVAILABLE');
    });

    for (const dest of ['image', 'iframe', 'script', 'embed', 'empty']) {
      it(`F55 is not taken as a page's ${dest}`, async () => {
        const res = await go(start, { 'Sec-Fetch-Dest': dest, 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' });
        assertProblem(res, 403, 'CROSS_SITE_REQUEST');
        assert.deepEqual(res.cookies, []);
      });
    }

    it('is not taken by HEAD', async () => {
      const res = await web.request('HEAD', start, { headers: html });
      assert.equal(res.status, 405);
      assert.equal(res.headers.allow, 'GET');
    });
  });

  describe('the way back', () => {
    /** Begins as a browser does: the state, and the cookie. */
    async function begin() {
      const res = await go(start + query({ redirect_uri: app }));
      return { state: new URL(res.headers.location).searchParams.get('state'), cookie: cookieOf(res).value };
    }
    const ways = [back, '/login/oauth2/code/acme'];
    const comes = (fields, cookie, path = back) => go(path + query(fields), cookie && { Cookie: `session_token=${cookie}` });

    for (const path of ways) {
      it(`OAU-4 ${path} wants state, and the browser it was made for`, async () => {
        const [mine, theirs] = [await begin(), await begin()];
        assertSent(await comes({ code: 'x' }, mine.cookie, path), 'state_parameter_missing');
        assertSent(await comes({ code: 'x', state: '' }, mine.cookie, path), 'state_parameter_missing');
        assertSent(await comes({ code: 'x', state: 'forged' }, mine.cookie, path), 'invalid_state');
        assertSent(await comes({ code: 'x', state: mine.state.replace(/.$/, (c) => (c === 'A' ? 'Q' : 'A')) }, mine.cookie, path), 'invalid_state');
        assertSent(await comes({ code: 'x', state: mine.state }, undefined, path), 'session_token_missing');
        assertSent(await comes({ code: 'x', state: mine.state }, 'x', path), 'invalid_session_token');
        assertSent(await comes({ code: 'x', state: mine.state }, theirs.cookie, path), 'invalid_session_token');
      });
    }

    it('R9700-4.7 a way back is good once, and a foreign one does not spoil it', async () => {
      const mine = await begin();
      assertSent(await comes({ error: 'access_denied', state: mine.state }), 'session_token_missing');
      assertSent(await comes({ error: 'access_denied', state: mine.state }, mine.cookie), 'authentication_failed', 'access_denied');
      assertSent(await comes({ error: 'access_denied', state: mine.state }, mine.cookie), 'invalid_state');
    });

    it('A-10.2.2 an answer that comes by another provider\'s way is refused', async () => {
      const mine = await begin();
      const res = await go(`/api/auth/oauth2/callback/nowhere${query({ code: 'x', state: mine.state })}`, { Cookie: `session_token=${mine.cookie}` });
      assertSent(res, 'invalid_state');
    });

    it('a page is told no word but those that are known', async () => {
      for (const error of ['<script>', 'internal detail', '']) {
        const mine = await begin();
        const res = await comes({ error, error_description: 'secret', state: mine.state }, mine.cookie);
        assertSent(res, 'authentication_failed', 'error');
      }
      const mine = await begin();
      assertSent(await comes({ state: mine.state }, mine.cookie), 'authentication_failed', 'no_code');
    });

    it('takes no parameter twice', async () => {
      const mine = await begin();
      const res = await go(`${back}${query({ code: 'x', state: mine.state })}&state=${mine.state}`, { Cookie: `session_token=${mine.cookie}` });
      assertSent(res, 'bad_request');
    });

    it('a script gets a problem, and may send its token by header', async () => {
      const mine = await begin();
      const headers = { ...json, 'X-Session-Token': mine.cookie };
      assertProblem(await web.request('GET', `${back}?code=x`, { headers }), 400, 'STATE_PARAMETER_MISSING');
      const res = await web.request('GET', back + query({ error: 'access_denied', state: mine.state }), { headers });
      assertProblem(res, 401, 'AUTHENTICATION_FAILED');
      assert.equal(res.json.detail, 'access_denied');
    });

    for (const dest of ['image', 'iframe']) {
      it(`F55 is not taken as a page's ${dest}`, async () => {
        const mine = await begin();
        const headers = { 'Sec-Fetch-Dest': dest, 'Sec-Fetch-Site': 'cross-site', Cookie: `session_token=${mine.cookie}` };
        assertProblem(await go(back + query({ error: 'access_denied', state: mine.state }), headers), 403, 'CROSS_SITE_REQUEST');
        assertSent(await comes({ error: 'access_denied', state: mine.state }, mine.cookie), 'authentication_failed', 'access_denied');
      });
    }

    it('comes with a page\'s navigation from the provider', async () => {
      const mine = await begin();
      const headers = { 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Site': 'cross-site', Cookie: `session_token=${mine.cookie}`, 'User-Agent': chrome };
      assertSent(await go(back + query({ error: 'login_required', state: mine.state }), headers), 'authentication_failed', 'login_required');
    });
  });
});
