// SPDX-License-Identifier: MIT
// Introspection (RFC 7662) and revocation (RFC 7009) for application back ends.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import {
  assertOk, assertProblem, auditOf, bearer, bin, claimsOf, move, pastOverlap, refresh, sessionRow, status,
} from './lib/checks.mjs';

const inactive = '{"active":false}';

through({}, (web, stack) => {
  let made;
  const apiKey = () => {
    [made] = made ? [made] : stack.ctlRows('api-key', 'create', `back end ${web.name}`);
    return made.key;
  };
  const post = (path, token, { server = web, headers = bearer(apiKey()), ...more } = {}) => server.request('POST', `/api/auth/${path}`, { headers, json: { token, ...more } });
  const introspect = (token, options) => post('introspect', token, options);
  const revoke = (token, options) => post('revoke', token, options);
  const form = (path, fields) => web.request('POST', `/api/auth/${path}`, {
    headers: { ...bearer(apiKey()), 'Content-Type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(fields).toString(),
  });
  const assertInactive = (res) => {
    assert.equal(res.status, 200, res.text);
    assert.equal(res.text, inactive);
  };

  describe('introspect', () => {
    it('R7662-2.2 tells all about an active access token', async () => {
      const { accessToken, subject, sessionId } = await web.signIn();
      const res = await introspect(accessToken);
      const claims = claimsOf(accessToken);
      assert.deepEqual(assertOk(res), {
        active: true, token_type: 'Bearer', sub: subject, sid: sessionId, jti: claims.jti, iss: 'https://id.example.test',
        aud: 'https://id.example.test', client_id: claims.client_id, iat: claims.iat, exp: claims.exp, auth_time: claims.auth_time,
        acr: '1', amr: ['pwd'], roles: claims.roles, groups: [],
      });
      assert.equal(res.headers['cache-control'], 'no-store');
      assert.match(res.headers['content-type'], /^application\/json/);
      assert.deepEqual(res.cookies, []);
    });

    it('R7662-2.2 tells about an active refresh token', async () => {
      const { refreshToken, subject, sessionId } = await web.signIn();
      const json = assertOk(await introspect(refreshToken));
      assert.equal(json.active, true);
      assert.equal(json.sub, subject);
      assert.equal(json.sid, sessionId);
      assert.ok(Math.abs(json.exp - Date.now() / 1000 - 7884000) < 60);
    });

    it('takes a form as well as JSON, and any hint', async () => {
      const { accessToken, refreshToken } = await web.signIn();
      for (const hint of ['access_token', 'refresh_token', 'something_else']) {
        for (const token of [accessToken, refreshToken]) {
          assert.equal(assertOk(await form('introspect', { token, token_type_hint: hint })).active, true);
          assert.equal(assertOk(await introspect(token, { token_type_hint: hint })).active, true);
        }
      }
    });

    it('R7662-2.2 inactive answers exactly {"active":false}, whatever the reason', async () => {
      const out = await web.signIn();
      assertOk(await out.browser.post('/api/auth/logout'));
      const over = await web.signIn();
      move(stack, over.sessionId, { expires_us: -7884010, created_us: -7884010 });
      const single = await web.signIn();
      assertOk(await revoke(single.accessToken));
      const unknown = await web.signIn();
      stack.sql(`DELETE FROM session WHERE id = ${bin(unknown.sessionId)}`);
      const disabled = await web.signIn();
      stack.ctl('user', 'disable', disabled.email);
      const { accessToken } = await web.signIn();
      const tokens = [
        'x', 'x.y.z', 'ü', apiKey(), `${accessToken.slice(0, -3)}AAA`, accessToken.replace(/^[^.]*/, Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')),
        single.accessToken, ...[out, over, unknown, disabled].flatMap((s) => [s.accessToken, s.refreshToken]),
      ];
      for (const token of tokens) {
        assertInactive(await introspect(token));
        assertInactive(await form('introspect', { token }));
      }
      assert.equal(assertOk(await introspect(single.refreshToken)).active, true, 'only the one token was revoked');
    });

    it('R7662-4 revocation is visible at once through the other web server', async () => {
      const { accessToken, refreshToken, browser } = await web.signIn();
      for (const server of [web, web.other]) assert.equal(assertOk(await introspect(accessToken, { server })).active, true);
      assertOk(await browser.post('/api/auth/logout'));
      for (const server of [web.other, web]) {
        assertInactive(await introspect(accessToken, { server }));
        assertInactive(await introspect(refreshToken, { server }));
      }
    });

    it('asking about a used-up refresh token raises no alarm and ends nothing', async () => {
      const session = await web.signIn();
      const child = assertOk(await refresh(web, session.refreshToken));
      assertOk(await status(web, child.accessToken));
      pastOverlap(stack, session.sessionId);
      assertInactive(await introspect(session.refreshToken));
      assert.deepEqual(auditOf(stack, 'token.reuse', { session: session.sessionId }), []);
      assertOk(await status(web, child.accessToken));
    });

    it('GRACE-1 asking about a refresh token is no use of it', async () => {
      const session = await web.signIn();
      const child = assertOk(await refresh(web, session.refreshToken));
      const before = sessionRow(stack, session.sessionId, 'HEX(refresh_cur), active_us');
      assert.equal(assertOk(await introspect(child.refreshToken)).active, true);
      assert.deepEqual(sessionRow(stack, session.sessionId, 'HEX(refresh_cur), active_us'), before);
    });
  });

  describe('revoke', () => {
    it('R7009-2.1 a refresh token takes its session and all access tokens with it', async () => {
      const session = await web.signIn();
      const child = assertOk(await refresh(web, session.refreshToken));
      assert.equal((await revoke(child.refreshToken, { server: web.other })).status, 200);
      for (const { accessToken, refreshToken } of [session, child]) {
        assertProblem(await status(web, accessToken), 401, 'SESSION_INVALID', 'Invalid session');
        assertProblem(await refresh(web, refreshToken), 401, 'SESSION_INVALID', 'Invalid session');
      }
      assert.equal(auditOf(stack, 'session.revoked', { session: session.sessionId }).length, 1);
    });

    it('an access token is revoked alone, by form and by JSON', async () => {
      for (const how of [(token) => revoke(token), (token) => form('revoke', { token })]) {
        const session = await web.signIn();
        const other = assertOk(await refresh(web, session.refreshToken));
        assert.equal((await how(session.accessToken)).status, 200);
        assertProblem(await status(web, session.accessToken), 401, 'ACCESS_TOKEN_INVALID', 'Invalid access token');
        assertOk(await status(web, other.accessToken));
        assert.equal(auditOf(stack, 'token.revoked', { session: session.sessionId }).length, 1);
      }
    });

    it('a browser whose access token was revoked keeps its cookies and refreshes', async () => {
      const { browser, accessToken } = await web.signIn();
      assertOk(await revoke(accessToken));
      const res = await browser.get('/api/auth/sessions');
      assertProblem(res, 401, 'ACCESS_TOKEN_INVALID');
      assert.deepEqual(res.cookies, []);
      assertOk(await browser.post('/api/auth/refresh'));
      assertOk(await browser.get('/api/auth/sessions'));
    });

    it('R7009-2.2 unknown, revoked and damaged tokens: 200, the same answer', async () => {
      const session = await web.signIn();
      const { text } = await revoke(session.refreshToken);
      for (const token of [session.refreshToken, session.accessToken, 'x', 'x.y.z', `${session.refreshToken}AAAA`]) {
        for (const res of [await revoke(token), await form('revoke', { token })]) {
          assert.equal(res.status, 200, res.text);
          assert.equal(res.text, text);
        }
      }
    });

    it('an old generation of a refresh token ends its session too, as no theft', async () => {
      const session = await web.signIn();
      const child = assertOk(await refresh(web, session.refreshToken));
      assertOk(await status(web, child.accessToken));
      pastOverlap(stack, session.sessionId);
      assertOk(await revoke(session.refreshToken));
      assertProblem(await status(web, child.accessToken), 401, 'SESSION_INVALID');
      assert.deepEqual(auditOf(stack, 'token.reuse', { session: session.sessionId }), []);
    });
  });

  describe('API key', () => {
    for (const path of ['introspect', 'revoke']) {
      it(`A-10.4.10 R7662-2.1 ${path} without a key`, async () => {
        const { accessToken } = await web.signIn();
        assertProblem(await post(path, accessToken, { headers: {} }), 401, 'AUTHENTICATION_REQUIRED', 'Authentication required');
        assertOk(await status(web, accessToken));
      });

      it(`A-8.2.1 ${path} with a wrong key, and with tokens for one`, async () => {
        const { accessToken, refreshToken } = await web.signIn();
        const key = apiKey();
        for (const wrong of ['x', `${key}x`, key.slice(0, -2), key.toUpperCase(), accessToken, refreshToken]) {
          for (const headers of [bearer(wrong), { 'X-API-Key': wrong }]) {
            assertProblem(await post(path, accessToken, { headers }), 401, 'API_KEY_INVALID', 'Invalid API key');
          }
        }
        const cookie = { Cookie: `access_token=${accessToken}; refresh_token=${refreshToken}`, Origin: 'https://id.example.test' };
        assertProblem(await post(path, accessToken, { headers: cookie }), 401, 'AUTHENTICATION_REQUIRED');
        assertOk(await status(web, accessToken));
      });

      it(`${path} takes the key as Bearer or as X-API-Key, not both`, async () => {
        assert.equal((await post(path, 'x', { headers: { 'X-API-Key': apiKey() } })).status, 200);
        assertProblem(await post(path, 'x', { headers: { 'X-API-Key': apiKey(), ...bearer(apiKey()) } }), 400, 'DUPLICATE_CREDENTIALS');
      });

      it(`${path} wants a token`, async () => {
        for (const res of [await post(path, undefined), await form(path, {}), await form(path, { token: '' })]) assertProblem(res, 400, 'VALIDATION_FAILED');
      });
    }

    it('an API key opens nothing else', async () => {
      assertProblem(await web.request('GET', '/api/auth/sessions', { headers: bearer(apiKey()) }), 401, 'ACCESS_TOKEN_INVALID');
      assertProblem(await refresh(web, apiKey()), 401, 'REFRESH_TOKEN_INVALID');
    });

    it('is dead at once when revoked, behind both web servers, and when expired', async () => {
      for (const end of [
        ({ id }) => stack.ctl('api-key', 'revoke', id),
        ({ id }) => stack.sql(`UPDATE api_key SET expires_us = created_us + 1 WHERE id = ${bin(id)}`),
      ]) {
        const [made_] = stack.ctlRows('api-key', 'create', 'short-lived', '--days', '1');
        for (const server of [web, web.other]) assertInactive(await introspect('x', { server, headers: bearer(made_.key) }));
        end(made_);
        for (const server of [web, web.other]) assertProblem(await introspect('x', { server, headers: bearer(made_.key) }), 401, 'API_KEY_INVALID');
      }
      assertInactive(await introspect('x'));
    });

    it('is kept as a hash only', async () => {
      const key = apiKey();
      assert.match(key, /^ghk_[A-Za-z0-9_-]{43,}$/);
      assert.ok(!JSON.stringify(stack.sql('SELECT id, name, HEX(secret_hash) FROM api_key')).includes(key));
    });
  });
});
