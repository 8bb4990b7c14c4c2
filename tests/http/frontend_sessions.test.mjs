// SPDX-License-Identifier: MIT
// Sessions in browsers that use an SDK of SuperTokens: refreshed, verified for
// the applications behind the web server, and ended.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertStatus, createSession, refreshSession, verifySession } from './lib/core.mjs';
import { assertCleared, assertMessage, assertUntouched, claimsOf, Client, exposed, frontToken, throughFrontend, website } from './lib/frontend.mjs';

const modes = ['cookie', 'header'];
const day = 86400e3;

throughFrontend({ ownDatabase: true, config: { cdi: { key_rotation: 604800 } } }, (web, core, stack) => {
  /** A session of somebody, held by a client of a mode. */
  async function held(mode = 'cookie', options = {}) {
    const made = await createSession(core, options);
    return { made, client: new Client(web, { mode }).adopt(made) };
  }
  const lives = async (handle) => (await core.get('/recipe/session', { sessionHandle: handle })).json.status === 'OK';

  describe('refresh', () => {
    it('F03 gives cookies, and a front-token of the new access token', async () => {
      const { made, client } = await held('cookie', { userId: 'ann', userDataInJWT: { name: 'Ann' } });
      const res = await client.refresh();
      assert.equal(res.status, 200, res.text);
      assert.equal(res.text, '{}');
      const [access, refresh] = ['sAccessToken', 'sRefreshToken'].map((name) => res.cookies.find((c) => c.name === name));
      assert.equal(res.cookies.length, 2);
      assert.notEqual(decodeURIComponent(access.value), made.accessToken.token);
      const { expires, ...rest } = access.attributes;
      assert.deepEqual(rest, { path: '/', secure: true, httponly: true, samesite: 'Lax' });
      assert.ok(Math.abs(Date.parse(expires) - Date.now() - 365 * day) < 60e3);
      assert.deepEqual({ ...refresh.attributes, expires: undefined }, { path: '/auth/session/refresh', expires: undefined, secure: true, httponly: true, samesite: 'Lax' });
      assert.ok(Math.abs(Date.parse(refresh.attributes.expires) - Date.now() - 100 * day) < 60e3);
      const claims = claimsOf(access.value);
      assert.deepEqual(frontToken(res), { uid: 'ann', ate: claims.exp * 1000, up: claims });
      assert.equal(claims.name, 'Ann');
      for (const name of ['st-access-token', 'st-refresh-token', 'anti-csrf']) assert.equal(res.headers[name], undefined);
    });

    it('F02 gives header fields and no cookie to who asks with them', async () => {
      const { client } = await held('header');
      const res = await client.refresh();
      assert.equal(res.status, 200, res.text);
      assert.deepEqual(res.cookies, []);
      assert.equal(frontToken(res).ate, claimsOf(res.headers['st-access-token']).exp * 1000);
      assert.ok(res.headers['st-refresh-token'].endsWith('.V2'));
    });

    it('F12 tells claims beyond ASCII in UTF-8', async () => {
      const { client } = await held('cookie', { userId: 'Ünal', userDataInJWT: { name: '名前 😀' } });
      const token = frontToken(await client.refresh());
      assert.equal(token.uid, 'Ünal');
      assert.equal(token.up.name, '名前 😀');
    });

    it('F10 answers who has no token without asking the database', async () => {
      const before = Number(stack.sql("SHOW GLOBAL STATUS LIKE 'Questions'")[0][1]);
      for (let i = 0; i < 20; i += 1) {
        const res = await new Client(web).refresh();
        assertMessage(res, 401, 'unauthorised');
        assertCleared(res);
      }
      /* One for each of the two looks, and what the pool's own jobs ask. */
      assert.ok(Number(stack.sql("SHOW GLOBAL STATUS LIKE 'Questions'")[0][1]) - before < 20);
    });

    for (const mode of modes) {
      for (const [name, bend] of [['no token', () => 'x'], ['one byte off', (t) => t.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))], ['another suffix', (t) => t.replace('.V2', '.V3')], ['an access token', (t, made) => made.accessToken.token]]) {
        it(`F06 S03 ${mode}: ${name} is unauthorised, clears all and ends nothing`, async () => {
          const { made, client } = await held(mode);
          client.adopt({ ...made, refreshToken: { token: bend(made.refreshToken.token, made) } });
          const res = await client.refresh();
          assertMessage(res, 401, 'unauthorised');
          assertCleared(res);
          assert.equal(await lives(made.session.handle), true);
        });
      }

      it(`S11 ${mode}: theft ends the session, clears all and says so`, async () => {
        const { made, client } = await held(mode);
        const child = assertStatus(await refreshSession(core, made.refreshToken.token));
        assertStatus(await verifySession(core, child.accessToken.token));
        const res = await client.refresh();
        assertMessage(res, 401, 'token theft detected');
        assertCleared(res);
        assert.equal(await lives(made.session.handle), false);
        assertStatus(await refreshSession(core, child.refreshToken.token), 'UNAUTHORISED');
        assertMessage(await client.adopt(made).refresh(), 401, 'unauthorised');
      });

      it(`F06 ${mode}: a session that was ended is unauthorised`, async () => {
        const { made, client } = await held(mode);
        assertStatus(await core.post('/recipe/session/remove', { sessionHandles: [made.session.handle] }));
        const res = await client.refresh();
        assertMessage(res, 401, 'unauthorised');
        assertCleared(res);
      });
    }

    it('F06 takes the field\'s token before the cookie\'s', async () => {
      const { client, made } = await held('cookie');
      const res = await client.refresh({ headers: { Authorization: 'Bearer nobodys' } });
      assertMessage(res, 401, 'unauthorised');
      const good = await new Client(web, { mode: 'cookie' }).adopt(made).refresh({ headers: { Authorization: `Bearer ${made.refreshToken.token}` } });
      assert.equal(good.status, 200);
      assert.deepEqual(good.cookies, []);
    });

    it('F06 takes the cookie of old SDKs away along the way', async () => {
      const res = await new Client(web).refresh({ headers: { Cookie: 'sIdRefreshToken=old' } });
      assertMessage(res, 401, 'unauthorised');
      const legacy = res.cookies.find((c) => c.name === 'sIdRefreshToken');
      assert.equal(legacy.value, '');
      assert.equal(legacy.attributes.path, '/');
    });

    for (const name of ['sAccessToken', 'sRefreshToken']) {
      it(`F07 two ${name} are a fault where no older domain is told`, async () => {
        const { client } = await held('cookie');
        const res = await client.refresh({ headers: { Cookie: `${client.cookieHeader('/auth/session/refresh')}; ${name}=other` } });
        assert.equal(res.status, 500, res.text);
        assert.match(res.json.message, /multiple session cookies/);
        assertUntouched(res);
      });
    }
  });

  describe('verification', () => {
    for (const mode of modes) {
      it(`S06 ${mode}: says who, and gives a new token once after a refresh`, async () => {
        const { made, client } = await held(mode, { userId: 'bob', userDataInJWT: { a: 1 } });
        const first = await client.verify();
        assert.equal(first.status, 200, first.text);
        assert.equal(first.headers['x-session-user'], 'bob');
        assert.equal(first.headers['x-session-handle'], made.session.handle);
        assertUntouched(first);
        await client.refresh();
        const second = await client.verify();
        assert.equal(second.status, 200, second.text);
        const token = mode === 'header' ? second.headers['st-access-token'] : second.cookies.find((c) => c.name === 'sAccessToken').value;
        assert.equal(claimsOf(token).parentRefreshTokenHash1, null);
        assert.deepEqual(frontToken(second).up, claimsOf(token));
        assert.equal(second.cookies.filter((c) => c.name === 'sRefreshToken').length, 0);
        const third = await client.verify();
        assert.equal(third.status, 200);
        assertUntouched(third);
      });

      it(`F06 ${mode}: a token whose signature is another's asks for a refresh`, async () => {
        const { made, client } = await held(mode);
        const [head, body] = made.accessToken.token.split('.');
        const { accessToken: other } = await createSession(core);
        client.adopt({ ...made, accessToken: { token: `${head}.${body}.${other.token.split('.')[2]}` } });
        const res = await client.verify();
        assertMessage(res, 401, 'try refresh token');
        assertUntouched(res);
      });
    }

    for (const [name, headers] of [['nothing', {}], ['a foreign bearer', { Authorization: 'Bearer abc' }], ['somebody else\'s JWT', { Authorization: `Bearer ${['{"alg":"RS256","typ":"JWT"}', '{"sub":"x","exp":9999999999}', 'x'].map((s) => Buffer.from(s).toString('base64url')).join('.')}` }], ['a cookie that is none', { Cookie: 'sAccessToken=abc' }], ['an empty cookie', { Cookie: 'sAccessToken=' }]]) {
      it(`F06 ${name} is unauthorised, and nothing is cleared`, async () => {
        const res = await web.request('GET', '/auth/session/verify', { headers });
        assertMessage(res, 401, 'unauthorised');
        assertUntouched(res);
      });
    }

    it('F06 a foreign bearer does not hide the cookie', async () => {
      const { client } = await held('cookie', { userId: 'eve' });
      const res = await client.verify({ headers: { Authorization: 'Bearer somebody.elses.token' } });
      assert.equal(res.status, 200, res.text);
      assert.equal(res.headers['x-session-user'], 'eve');
    });

    it('F07 two access cookies, or one of old SDKs, ask for a refresh', async () => {
      const { client } = await held('cookie');
      for (const more of ['sAccessToken=other', 'sIdRefreshToken=old']) {
        const res = await client.verify({ headers: { Cookie: `${client.cookieHeader('/')}; ${more}` } });
        assertMessage(res, 401, 'try refresh token');
        assertUntouched(res);
      }
    });

    it('F08 a preflight for an application bears nothing and passes as nobody\'s', async () => {
      const res = await web.request('GET', '/auth/session/verify', { headers: { 'X-Original-Method': 'OPTIONS', 'Access-Control-Request-Method': 'PUT' } });
      assert.equal(res.status, 200);
      assert.equal(res.headers['x-session-user'], undefined);
      assertMessage(await web.request('GET', '/auth/session/verify', { headers: { 'X-Original-Method': 'OPTIONS' } }), 401, 'unauthorised');
    });
  });

  describe('sign-out', () => {
    for (const mode of modes) {
      it(`F05 ${mode}: ends the session and clears what that client uses`, async () => {
        const { made, client } = await held(mode);
        await client.refresh();
        const res = await client.post('/auth/signout', {});
        assert.equal(res.status, 200, res.text);
        assert.equal(res.text, '{"status":"OK"}');
        assert.equal(res.headers['front-token'], 'remove');
        assert.deepEqual(res.cookies.map((c) => [c.name, c.value]), mode === 'cookie' ? [['sAccessToken', ''], ['sRefreshToken', '']] : []);
        assert.equal(await lives(made.session.handle), false);
      });
    }

    it('F05 without a token it is unauthorised and clears nothing', async () => {
      const res = await new Client(web).post('/auth/signout', {});
      assertMessage(res, 401, 'unauthorised');
      assertUntouched(res);
    });
  });

  describe('pages', () => {
    it('F08 preflights name what may be sent, and everything that may be read', async () => {
      const res = await web.request('OPTIONS', '/auth/session/refresh', { headers: { Origin: website, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'rid' } });
      assert.equal(res.status, 204);
      assert.equal(res.headers['access-control-allow-origin'], website);
      assert.equal(res.headers['access-control-allow-credentials'], 'true');
      assert.equal(res.headers['access-control-allow-headers'], 'content-type, rid, fdi-version, anti-csrf, authorization, st-auth-mode');
      assert.match(res.headers['access-control-allow-methods'], /POST/);
    });

    it('F08 refusals may be read too', async () => {
      const res = await new Client(web).refresh({ headers: { Origin: website } });
      assert.equal(res.headers['access-control-allow-origin'], website);
      assert.equal(res.headers['access-control-expose-headers'], exposed);
    });

    it('F08 foreign pages are refused and may read nothing', async () => {
      const { made, client } = await held('cookie');
      const headers = { Origin: 'https://evil.example' };
      for (const path of ['/auth/session/refresh', '/auth/signout']) {
        const res = await client.request('POST', path, { headers });
        assert.equal(res.status, 403, res.text);
        assert.equal(res.headers['access-control-allow-origin'], undefined);
      }
      assert.equal((await web.request('OPTIONS', '/auth/signout', { headers: { ...headers, 'Access-Control-Request-Method': 'POST' } })).status, 403);
      assert.equal(await lives(made.session.handle), true);
    });

    it('keys and issuer are for everybody', async () => {
      const { made } = await held();
      const jwks = await web.request('GET', '/auth/jwt/jwks.json', { headers: { Origin: 'https://evil.example' } });
      assert.deepEqual(Object.keys(jwks.json), ['keys']);
      assert.ok(jwks.json.keys.some((k) => k.kid === JSON.parse(Buffer.from(made.accessToken.token.split('.')[0], 'base64url')).kid));
      const openid = await web.request('GET', '/auth/.well-known/openid-configuration');
      assert.deepEqual(openid.json, { issuer: `${website}/auth`, jwks_uri: `${website}/auth/jwt/jwks.json` });
      for (const res of [jwks, openid]) assert.equal(res.headers['access-control-allow-origin'], '*');
    });

    it('paths that nobody answers at are 404', async () => {
      for (const path of ['/auth/nothing', '/auth/', '/auth/session', '/auth/t1/t2/signin']) assertMessage(await web.request('GET', path), 404, 'Not found');
    });
  });
});

throughFrontend({ name: 'with proofs against CSRF', config: { fdi: { anti_csrf: 'token', older_cookie_domain: 'host', cookie_domain: 'example.test', check_database: 'yes' } } }, (web, core) => {
  it('S16 a token that is missing or wrong stands in the way of cookies alone', async () => {
    for (const [mode, csrf, status] of [['cookie', undefined, 401], ['cookie', 'wrong', 401], ['header', undefined, 200]]) {
      const made = await createSession(core, { enableAntiCsrf: true });
      const client = new Client(web, { mode }).adopt(made);
      client.csrf = csrf;
      assert.equal((await client.verify()).status, 200, 'reads need none');
      const res = await client.verify({ headers: { 'X-Original-Method': 'POST' } });
      assert.equal(res.status, status, res.text);
      if (status === 401) assertMessage(res, 401, 'try refresh token');
      const renewed = await client.refresh();
      assert.equal(renewed.status, status, renewed.text);
      if (status === 401) assertMessage(renewed, 401, 'unauthorised');
    }
  });

  it('S16 the right one opens, and a refresh gives the next', async () => {
    const made = await createSession(core, { enableAntiCsrf: true });
    const client = new Client(web).adopt(made);
    assert.equal((await client.verify({ headers: { 'X-Original-Method': 'POST' } })).status, 200);
    const res = await client.refresh();
    assert.equal(res.status, 200, res.text);
    assert.notEqual(res.headers['anti-csrf'], made.antiCsrfToken);
    assert.equal((await client.post('/auth/signout', {})).status, 200);
  });

  it('F07 takes the cookies of the older domain away, and no others', async () => {
    const client = new Client(web).adopt(await createSession(core));
    const res = await client.refresh({ headers: { Cookie: `${client.cookieHeader('/auth/session/refresh')}; sRefreshToken=other` } });
    assert.equal(res.status, 200, res.text);
    assert.match(res.json.message, /^The request contains multiple session cookies\. /);
    assert.equal(res.headers['front-token'], undefined);
    assert.deepEqual(res.cookies.map((c) => [c.name, c.value, c.attributes.domain]), [['sAccessToken', '', undefined], ['sRefreshToken', '', undefined]]);
  });

  it('S15 F06 a session whose row is gone is unauthorised at once, and cleared', async () => {
    const made = await createSession(core);
    const client = new Client(web).adopt(made);
    await core.post('/recipe/session/remove', { sessionHandles: [made.session.handle] });
    const res = await client.verify();
    assertMessage(res, 401, 'unauthorised');
    assertCleared(res, { domain: 'example.test' });
  });
});

throughFrontend({ name: 'of another site', webs: ['lighttpd'], config: { fdi: { website_domain: 'https://shop.example.org' } } }, (web, core) => {
  it('F06 cookies are SameSite=None there, and calls show rid', async () => {
    const made = await createSession(core);
    const client = new Client(web).adopt(made);
    const bare = { rid: [] };
    assert.equal((await client.verify({ headers: bare })).status, 200, 'reads need none');
    assertMessage(await client.verify({ headers: { ...bare, 'X-Original-Method': 'POST' } }), 401, 'try refresh token');
    const res = await client.refresh({ headers: { Origin: 'https://shop.example.org', 'Sec-Fetch-Site': 'cross-site' } });
    assert.equal(res.status, 200, res.text);
    assert.ok(res.cookies.every((c) => c.attributes.samesite === 'None' && c.attributes.secure));
    const refused = await client.refresh({ headers: bare });
    assertMessage(refused, 401, 'unauthorised');
    assert.equal(refused.headers['front-token'], 'remove');
  });
});
