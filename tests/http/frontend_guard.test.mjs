// SPDX-License-Identifier: MIT
// Programs and files behind a web server that asks for the session first: they
// hear who it is, and browsers hear what their SDK can deal with.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertStatus, createSession, Core } from './lib/core.mjs';
import { assertCleared, assertMessage, assertUntouched, claimsOf, Client, frontToken, website } from './lib/frontend.mjs';
import { GuardedStack, guards, page } from './lib/guard.mjs';
import { until } from './lib/process.mjs';
import { Web } from './lib/stack.mjs';

const stack = new GuardedStack({ config: { fdi: { anti_csrf: 'token', check_database: 'yes', email_verification: 'required' } } });
before(() => stack.start());
after(() => stack.stop());

const core = new Core(new Web(stack, 'lighttpd'));
/* Claims about the address that are not looked up again meanwhile. */
const proved = (v) => ({ 'st-ev': { v, t: Date.now() + 864e5 } });
const session = (more = {}) => createSession(core, { userId: 'ann', enableAntiCsrf: true, userDataInJWT: proved(true), ...more });
const held = async (web, mode, more) => new Client(web, { mode }).adopt(await session(more));
const access = async (more) => (await session(more)).accessToken.token;
const path = '/app/http';
const cookie = (token) => ({ Cookie: `sAccessToken=${token}` });

/** A token that has been good. */
async function ended() {
  const { accessToken: { token } } = await createSession(core.with({ cdi: '5.6' }), { userId: 'ann', enableAntiCsrf: true, userDataInJWT: proved(true), accessTokenValidity: 1000 });
  await until(() => Date.now() > claimsOf(token).exp * 1000, 'the end of an access token');
  return token;
}

async function removed() {
  const made = await session();
  assertStatus(await core.post('/recipe/session/remove', { sessionHandles: [made.session.handle] }));
  return made.accessToken.token;
}

function bent(token) {
  const [header, payload, signature] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[9] ^= 1;
  return [header, payload, bytes.toString('base64url')].join('.');
}

/** A refusal as it leaves Gatehouse, with nothing of a gate's doubled. */
function assertRefused(res, status, message) {
  const names = res.rawHeaders.filter((_, i) => i % 2 === 0).map((n) => n.toLowerCase()).filter((n) => n !== 'set-cookie');
  assert.deepEqual(names, [...new Set(names)]);
  assertMessage(res, status, message);
  assert.ok(!names.some((n) => n.startsWith('variable-')), names.join());
}

const again = 'try refresh token';
const refused = [
  ['no token', () => ({}), 'unauthorised'],
  ['somebody else\'s bearer', () => ({ Authorization: 'Bearer e30.e30.e30' }), 'unauthorised'],
  ['a cookie that is no token', () => ({ Cookie: 'sAccessToken=x' }), 'unauthorised'],
  ['a token that has ended', async () => cookie(await ended()), again],
  ['a bearer that has ended', async () => ({ Authorization: `Bearer ${await ended()}` }), again],
  ['a bad signature', async () => cookie(bent(await access())), again],
  ['a bearer with a bad signature', async () => ({ Authorization: `Bearer ${bent(await access())}` }), again],
  ['two cookies of one name', async () => ({ Cookie: `sAccessToken=${await access()}; sAccessToken=${await access()}` }), again],
  ['the cookie of old SDKs', async () => ({ Cookie: `sAccessToken=${await access()}; sIdRefreshToken=old` }), again],
];

for (const name of guards) {
  describe(`behind ${name}`, () => {
    const web = new Web(stack, name);

    describe('F06 FCGI-3 who is refused is told as by Gatehouse itself, and the program hears nothing', () => {
      for (const [what, make, message] of refused) {
        it(what, async () => {
          const headers = await make();
          const before = stack.heard.length;
          for (const method of ['GET', 'POST', 'DELETE']) {
            const body = method === 'POST' ? 'a=1' : undefined;
            const res = await web.request(method, path, { headers, body });
            assertRefused(res, 401, message);
            assertUntouched(res);
          }
          assert.equal((await web.request('HEAD', path, { headers })).status, 401);
          for (const file of ['/app/index.html', '/app/', '/app/none']) assertRefused(await web.request('GET', file, { headers }), 401, message);
          assert.equal(stack.heard.length, before);
        });
      }

      it('S15 a session whose row is gone, and its tokens are cleared', async () => {
        const token = await removed();
        for (const method of ['GET', 'POST']) {
          const res = await web.request(method, path, { headers: { Authorization: `Bearer ${token}` } });
          assertRefused(res, 401, 'unauthorised');
          assertCleared(res);
        }
      });

      it('F11 a claim that is not met', async () => {
        const client = await held(web, 'cookie', { userDataInJWT: proved(false) });
        const res = await client.get(path);
        assert.equal(res.status, 403, res.text);
        assert.deepEqual(res.json, { message: 'invalid claim', claimValidationErrors: [{ id: 'st-ev', reason: { message: 'wrong value', expectedValue: true, actualValue: false } }] });
        assertUntouched(res);
      });

      it('S16 a cookie without its proof, for what changes something', async () => {
        const client = await held(web, 'cookie');
        const { csrf } = client;
        for (const wrong of [undefined, 'wrong']) {
          client.csrf = wrong;
          assert.equal((await client.get(path)).status, 200);
          for (const headers of [{}, { 'X-Original-Method': 'GET' }, { 'X-HTTP-Method-Override': 'GET' }]) {
            assertRefused(await client.post(path, {}, { headers }), 401, again);
          }
        }
        client.csrf = csrf;
        assert.equal((await client.post(path, {})).status, 200);
      });

      it('F08 and a page of a known origin may read it', async () => {
        const res = await web.request('GET', path, { headers: { Origin: website } });
        assertRefused(res, 401, 'unauthorised');
        assert.equal(res.headers['access-control-allow-origin'], website);
        assert.equal(res.headers['access-control-allow-credentials'], 'true');
      });
    });

    it('a database that is away refuses nobody, and lets nobody in', async () => {
      const client = await held(web, 'cookie');
      stack.heard.length = 0;
      stack.sql('RENAME TABLE session TO session_away');
      try {
        for (const method of ['GET', 'POST']) {
          const res = await client.request(method, path);
          assert.ok(res.status >= 500, `${res.status}`);
          assertUntouched(res);
        }
      } finally {
        stack.sql('RENAME TABLE session_away TO session');
      }
      assert.equal(stack.heard.length, 0);
      assert.equal((await client.post(path, {})).status, 200);
    });

    describe('who has a session', () => {
      for (const mode of ['cookie', 'header']) {
        it(`S06 F03 ${mode}: is let in, and the browser has the new token after a refresh, once`, async () => {
          const client = await held(web, mode);
          for (const first of [await client.get(path), await client.get('/app/index.html')]) {
            assert.equal(first.status, 200, first.text);
            assertUntouched(first);
          }
          assert.equal((await client.refresh()).status, 200);
          const res = await client.post(`${path}?cookies&cache`, { a: 1 });
          assert.deepEqual(res.json, { user: 'ann', method: 'POST', body: '{"a":1}' });
          const token = mode === 'cookie' ? decodeURIComponent(res.cookies.find((c) => c.name === 'sAccessToken').value) : res.headers['st-access-token'];
          assert.deepEqual(frontToken(res).up, claimsOf(token));
          assert.equal(claimsOf(token).parentRefreshTokenHash1, null);
          assert.equal(res.headers['anti-csrf'], mode === 'cookie' ? claimsOf(token).antiCsrfToken : undefined);
          assert.deepEqual(res.cookies.map((c) => c.name).sort(), [...(mode === 'cookie' ? ['sAccessToken'] : []), 'theme', 'lang'].sort());
          assert.deepEqual(Object.keys(res.headers).filter((n) => n.startsWith('variable-')), []);
          assertUntouched(await client.get(path));
        });

        it(`${mode}: a file and the program's own refusals bear new tokens as well`, async () => {
          for (const [what, status] of [['/app/index.html', 200], ['/app/', 200], ['/app/none', 404], [`${path}?status=401`, 401], [`${path}?status=403`, 403], [`${path}?status=500`, 500]]) {
            const client = await held(web, mode);
            await client.refresh();
            const res = await client.get(what);
            assert.equal(res.status, status, res.text);
            assert.equal(frontToken(res).uid, 'ann');
            const parent = mode === 'cookie' ? claimsOf(decodeURIComponent(client.jar.get('sAccessToken').value)) : claimsOf(client.tokens.access);
            assert.equal(parent.parentRefreshTokenHash1, null, what);
            const read = Object.entries(res.headers).filter(([n]) => n !== 'set-cookie');
            if (mode === 'cookie') assert.ok(!JSON.stringify(read).includes(client.jar.get('sAccessToken').value.split('.')[2]), `${what}: no script reads the token`);
            if (what.startsWith(path)) assert.equal(res.json?.user, 'ann', `${what}: the program's words`);
          }
        });
      }

      /* nginx leaves it to the program. */
      it('FCGI-12 no cache keeps an answer with new tokens, or a refusal', async () => {
        const client = await held(web, 'cookie');
        const kept = async () => (await client.get(`${path}?cache`)).headers['cache-control'];
        assert.equal(await kept(), 'public, max-age=60');
        await client.refresh();
        if (name !== 'nginx') assert.equal(await kept(), 'no-store');
        assert.equal(await kept(), 'public, max-age=60');
        assert.equal((await web.request('GET', path)).headers['cache-control'], 'no-store');
      });

      it('is let in beside somebody else\'s bearer', async () => {
        const client = await held(web, 'cookie');
        assert.equal((await client.get(path, { headers: { Authorization: 'Bearer e30.e30.e30' } })).json.user, 'ann');
      });

      it('is let in at addresses that Gatehouse itself would have none of, and nobody else is', async () => {
        const client = await held(web, 'cookie');
        for (const odd of [`${path}//a`, `${path}?${'a'.repeat(5000)}`]) {
          const res = await client.get(odd);
          assert.equal(res.json?.user, 'ann', `${odd}: ${res.status}`);
          assertRefused(await web.request('GET', odd), 401, 'unauthorised');
        }
      });

      it('gets files as they are, with none of the gate\'s fields', async () => {
        const client = await held(web, 'cookie');
        const res = await client.get('/app/');
        assert.equal(res.text, page);
        assert.match(res.headers['content-type'], /^text\/html/);
        for (const field of ['content-security-policy', 'cache-control', 'vary', 'x-frame-options', 'access-control-expose-headers']) assert.equal(res.headers[field], undefined, field);
        assert.notEqual((await client.get('/app/plain')).headers['content-type'], 'application/json; charset=utf-8');
      });

      it('FCGI-4 is nobody else, whatever the client says', async () => {
        const client = await held(web, 'cookie');
        for (const field of ['X-Session-User', 'x-session-user', 'X_Session_User', 'X-Session_User', 'X_SESSION-USER', 'SESSION_USER', 'Session-User', 'Variable-SESSION_USER']) {
          stack.heard.length = 0;
          const res = await client.get(path, { headers: { [field]: 'eve' } });
          assert.equal(res.json.user, 'ann', field);
          const users = Object.entries(stack.heard[0]).filter(([n]) => n.replaceAll('_', '-') === 'x-session-user');
          assert.deepEqual(users, [['x-session-user', 'ann']], field);
        }
      });
    });

    it('F08 preflights reach the program as nobody\'s', async () => {
      for (const field of ['X-Session-User', 'X_Session_User']) {
        stack.heard.length = 0;
        const res = await web.request('OPTIONS', path, { headers: { Origin: website, 'Access-Control-Request-Method': 'PUT', [field]: 'ann' } });
        assert.deepEqual(res.json, { user: null, method: 'OPTIONS', body: '' });
        assert.ok(!Object.keys(stack.heard[0]).some((n) => n.replaceAll('_', '-') === 'x-session-user'), field);
      }
    });
  });
}

for (const name of ['lighttpd', 'apache']) {
  describe(`a program that ${name} runs`, () => {
    const web = new Web(stack, name);

    it('FCGI-4 has the session in its environment, which no client can put there, and the body', async () => {
      const client = await held(web, 'cookie');
      for (const field of ['Session-User', 'SESSION_USER', 'X-Session-User', 'Redirect-Session-User']) {
        const res = await client.post('/app/run.sh', { a: 1 }, { headers: { [field]: 'eve' } });
        assert.equal(res.status, 200, res.text);
        const lines = res.text.split('\n');
        assert.deepEqual(lines.filter((l) => l.startsWith('SESSION_USER=')), ['SESSION_USER=ann'], field);
        assert.deepEqual(lines.filter((l) => l.startsWith('SESSION_TENANT=')), ['SESSION_TENANT=public']);
        assert.match(res.text, /^SESSION_HANDLE=[0-9a-f-]{36}$/m);
        assert.equal(lines.at(-1), '{"a":1}');
      }
    });

    it('says no itself where it wants to', async () => {
      const client = await held(web, 'cookie');
      for (const status of [401, 403, 404]) {
        const res = await client.get(`/app/run.sh?${status}`);
        assert.equal(res.status, status);
        assert.match(res.text, /^SESSION_USER=ann$/m);
      }
    });

    it('F06 does not run for who has none', async () => {
      for (const method of ['GET', 'POST']) assertRefused(await web.request(method, '/app/run.sh'), 401, 'unauthorised');
    });
  });
}

describe('the address Apache is refused by', () => {
  it('lets nobody in, and sends who has a session to refresh', async () => {
    const web = new Web(stack, 'apache');
    const client = await held(web, 'cookie');
    assertRefused(await client.get('/gatehouse-refusal'), 401, again);
    assertRefused(await web.request('GET', '/gatehouse-refusal'), 401, 'unauthorised');
    assertRefused(await web.request('GET', '/auth/session/verify', { headers: { 'Gatehouse-Refused': '1' } }), 401, 'unauthorised');
    assert.equal((await client.verify({ headers: { 'Gatehouse-Refused': '1', 'Fcgi-Apache-Role': 'x' } })).status, 200);
  });
});
