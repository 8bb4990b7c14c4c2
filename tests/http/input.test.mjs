// SPDX-License-Identifier: MIT
// Bodies as nobody honest sends them: no JSON, wrong fields, too much of it.
// Every row of the route table that takes one is tried.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, bearer, claimsOf, status } from './lib/checks.mjs';
import { assertRefusal, stateOf } from './lib/answers.mjs';
import { beyondFields, malformed, sound } from './lib/corpus.mjs';
import { bodyOf, credentialOf, everything, assertHandled, pathOf, routes, still, title } from './lib/routes.mjs';

const withBody = routes.filter((r) => r.body !== 'none');
const withFields = withBody.filter((r) => r.body !== 'any JSON object');
const json = { 'Content-Type': 'application/json' };
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

through({ config: still }, (web, stack) => {
  let all;
  let leaver; // who may be signed out by the way
  before(async () => {
    all = { ...await everything(web, stack), key: stack.ctlRows('api-key', 'create', `input ${web.name}`)[0].key };
    leaver = await web.signIn();
  });

  const send = (route, body, type = json) => web.request(route.method, pathOf(route, all.other), {
    headers: { ...credentialOf(route, route.name === 'auth.logout' ? leaver : all), ...type }, body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  });
  const flaws = (res) => Object.fromEntries(res.json.errors.map((e) => [e.field, e.code]));
  const assertFlaws = (res, expected) => {
    assertRefusal(res, 400, 'VALIDATION_FAILED');
    assert.deepEqual(flaws(res), expected);
    assert.equal(res.json.errors.length, Object.keys(expected).length);
  };

  describe('F45 JSON', () => {
    for (const route of withBody) {
      it(`A-1.5.3 R8259-2 R7493-2.3 ${title(route)} refuses every malformed text and changes nothing`, async () => {
        const state = stateOf(stack);
        for (const [name, body] of malformed) {
          const res = await send(route, body);
          assert.equal(res.status, 400, `${name}: ${res.text}`);
          assertRefusal(res, 400, 'MALFORMED_JSON');
        }
        assert.equal(stateOf(stack), state);
        assertOk(await status(web, all.accessToken));
      });
    }

    for (const route of withFields) {
      it(`JSON-LIM ${title(route)} refuses more than a request may hold`, async () => {
        for (const [name, body] of beyondFields) {
          const res = await send(route, body);
          assert.equal(res.json.code, 'MALFORMED_JSON', name);
          assertRefusal(res, 400, 'MALFORMED_JSON');
        }
      });
    }

    for (const [name, body] of sound) {
      it(`session data with ${name} comes back as it went`, async () => {
        const put = routes.find((r) => r.name === 'session.data_put');
        assertOk(await send(put, body));
        const res = await web.request('GET', put.path, { headers: bearer(all.accessToken) });
        assert.equal(res.status, 200, res.text);
        assert.deepEqual(JSON.parse(res.text), JSON.parse(body));
      });
    }

    it('JSON-LIM session data refuses 17 levels, 1025 members and 64 KiB and a byte', async () => {
      const put = routes.find((r) => r.name === 'session.data_put');
      const many = Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`k${i}`, i]));
      assertRefusal(await send(put, many), 400, 'MALFORMED_JSON');
      const sized = (n) => `{"a":"${'x'.repeat(n - 8)}"}`;
      assertOk(await send(put, sized(65536)));
      assertRefusal(await send(put, sized(65537)), 413, 'BODY_TOO_LARGE');
    });

    it('session data means nothing to anybody but its owner', async () => {
      const put = routes.find((r) => r.name === 'session.data_put');
      assertOk(await send(put, { roles: ['OWNER'], sub: 'root', authenticated: true, exp: 9e9, sessionId: all.other }));
      const asked = assertOk(await status(web, all.accessToken));
      assert.deepEqual(asked.user.roles, ['ADMIN', 'USER']);
      assert.notEqual(asked.user.id, 'root');
      assert.equal(asked.sessionId, all.sessionId);
    });
  });

  describe('fields', () => {
    const wrong = { 'a text': 'x', 'a number': 1, 'a boolean': true, 'an array': ['x'], 'an object': { a: 'x' }, 'a fraction': 1.5 };
    const right = { string: ['a text'], integer: ['a number'], boolean: ['a boolean'], object: ['an object'], any: Object.keys(wrong) };
    const required = (route) => route.fields.filter((f) => f.required);

    for (const route of withFields) {
      it(`${title(route)} names every missing field`, async () => {
        const res = await send(route, {});
        if (required(route).length === 0) assertHandled(route, res);
        else assertFlaws(res, Object.fromEntries(required(route).map((f) => [f.name, 'MISSING'])));
      });

      it(`A-2.2.1 ${title(route)} refuses fields it does not know, one entry each`, async () => {
        const state = stateOf(stack);
        const unknown = ['role', 'roles', 'Email', 'email ', '', 'e-mail', '__proto__', '\u2028', 'constructor'].filter((name) => !route.fields.some((f) => f.name === name));
        for (const name of unknown) {
          const body = `${JSON.stringify(bodyOf(route)).replace(/\}$/, '')}${Object.keys(bodyOf(route)).length ? ',' : ''}${JSON.stringify(name)}:1}`;
          assertFlaws(await send(route, body), { [name]: 'UNKNOWN_FIELD' });
        }
        const two = { ...bodyOf(route), one: 1, two: { three: 3 } };
        assertFlaws(await send(route, two), { one: 'UNKNOWN_FIELD', two: 'UNKNOWN_FIELD' });
        assert.equal(stateOf(stack), state);
      });

      for (const field of route.fields) {
        it(`A-2.2.2 A-15.3.5 ${title(route)} refuses wrong values of ${field.name}`, async () => {
          const state = stateOf(stack);
          for (const [kind, value] of Object.entries(wrong).filter(([k]) => !right[field.type].includes(k))) {
            const res = await send(route, { ...bodyOf(route), [field.name]: value });
            assert.equal(res.status, 400, kind);
            assertFlaws(res, { [field.name]: 'WRONG_TYPE' });
          }
          if (field.required && field.type !== 'any') assertFlaws(await send(route, { ...bodyOf(route), [field.name]: null }), { [field.name]: 'WRONG_TYPE' });
          if (field.type !== 'string') return;
          if (field.min > 0) assertFlaws(await send(route, { ...bodyOf(route), [field.name]: '' }), { [field.name]: 'TOO_SHORT' });
          const long = await send(route, { ...bodyOf(route), [field.name]: 'x'.repeat(field.max + 1) });
          if (field.max < 8192) assertFlaws(long, { [field.name]: 'TOO_LONG' });
          else assertRefusal(long, 400, 'MALFORMED_JSON');
          assert.equal(stateOf(stack), state);
        });
      }
    }

    it('all that is wrong is told at once', async () => {
      const register = routes.find((r) => r.name === 'auth.register');
      assertFlaws(await send(register, { email: 1, name: ['x'], admin: true, isVerified: true }), {
        email: 'WRONG_TYPE', password: 'MISSING', name: 'WRONG_TYPE', admin: 'UNKNOWN_FIELD', isVerified: 'UNKNOWN_FIELD',
      });
    });

    it('an empty body is an object without fields', async () => {
      for (const route of withFields) {
        const res = await send(route, '');
        if (required(route).length === 0) assertHandled(route, res);
        else assertFlaws(res, Object.fromEntries(required(route).map((f) => [f.name, 'MISSING'])));
      }
    });

    it('mass assignment at sign-up makes no account, and none with more rights', async () => {
      const register = routes.find((r) => r.name === 'auth.register');
      const before_ = Number(stack.sql('SELECT COUNT(*) FROM account')[0][0]);
      for (const more of [{ roles: ['ADMIN'] }, { role: 'ADMIN' }, { id: all.subject }, { status: 'active' }, { version: 99 }, { realm_id: 2 }, { emailVerified: true },
        { createdAt: '2020-01-01T00:00:00Z' }, { groups: ['x'] }, { passwordHash: '$argon2id$' }, { claims: { admin: true } }, { user: { roles: ['ADMIN'] } }]) {
        assertRefusal(await send(register, { ...bodyOf(register), ...more }), 400, 'VALIDATION_FAILED');
      }
      assert.equal(Number(stack.sql('SELECT COUNT(*) FROM account')[0][0]), before_);
      assert.deepEqual(claimsOf((await web.signIn()).accessToken).roles, ['USER']);
    });

    it('control characters are no part of an address, a name or a label', async () => {
      const register = routes.find((r) => r.name === 'auth.register');
      const label = routes.find((r) => r.name === 'session.label');
      for (const text of ['Ann\r\nSet-Cookie: x=1', 'Ann\u001b[2J', 'Ann\u007f', 'Ann\u0085', 'Ann\tB']) {
        assertFlaws(await send(register, { ...bodyOf(register), name: text }), { name: 'CONTROL_CHARACTER' });
        assertFlaws(await send(register, { ...bodyOf(register), email: `${text}@example.org` }), { email: 'CONTROL_CHARACTER' });
        assertFlaws(await send(label, { label: text }), { label: 'CONTROL_CHARACTER' });
      }
    });
  });

  describe('forms', () => {
    const backEnd = routes.filter((r) => r.body === 'form or JSON' && r.need === 'API key');
    const bad = {
      'the same parameter twice': 'token=a&token=b',
      'the same parameter twice, one escaped': 'token=a&%74oken=b',
      'a broken escape': 'token=%zz',
      'half an escape': 'token=a%',
      'an escaped NUL': 'token=a%00b',
      'bytes of no UTF-8': 'token=%ff',
      'an overlong escape': 'token=%c0%af',
    };
    for (const route of backEnd) {
      it(`${title(route)} refuses a form with two readings`, async () => {
        const state = stateOf(stack);
        for (const [name, body] of Object.entries(bad)) {
          const res = await send(route, body, form);
          assert.equal(res.status, 400, name);
          assertRefusal(res, 400, 'BAD_REQUEST');
        }
        assertFlaws(await send(route, '', form), { token: 'MISSING' });
        assertFlaws(await send(route, 'Token=x', form), { token: 'MISSING' });
        assertFlaws(await send(route, 'token=', form), { token: 'TOO_SHORT' });
        assertFlaws(await send(route, `token=${'x'.repeat(8193)}`, form), { token: 'TOO_LONG' });
        assert.equal(stateOf(stack), state);
      });

      it(`${title(route)} ignores parameters it does not know (RFC 6749 section 3.2)`, async () => {
        assertOk(await send(route, 'token=x&client_id=y&scope=z', form));
      });

      it(`${title(route)} takes a form for a form and JSON for JSON only`, async () => {
        assertRefusal(await send(route, 'token=x', json), 400, 'MALFORMED_JSON');
        assertFlaws(await send(route, '{"token":"x"}', form), { token: 'MISSING' });
      });
    }
  });

  describe('sizes', () => {
    for (const route of withBody) {
      it(`R9110-15.5.16 ${title(route)} refuses 64 KiB and a byte before it is asked who sends them`, async () => {
        for (const n of [65537, 140000, 1048577]) {
          for (const headers of [{}, credentialOf(route, all)]) {
            const res = await web.request(route.method, pathOf(route, all.other), { headers: { ...headers, ...json }, body: `{"a":"${'x'.repeat(n - 8)}"}` });
            assertRefusal(res, 413, 'BODY_TOO_LARGE');
          }
        }
      });
    }

    /* mod_fcgid answers 500 itself above FcgidMaxRequestLen (conf/apache-fcgid.conf),
     * lighttpd 413 above server.max-request-size (4 MiB here). */
    it('F40 what the web server itself refuses never comes through', async () => {
      for (const [n, expected] of [[1200000, { lighttpd: 413, apache: 500 }], [5000000, { lighttpd: 413, apache: 500 }]]) {
        const res = await web.request('POST', '/api/auth/login', { headers: json, body: Buffer.alloc(n, 0x20) });
        assert.equal(res.status, expected[web.name]);
      }
      assertOk(await status(web, all.accessToken));
    });

    /* lighttpd refuses a GET with a body by itself. */
    it('a body where none belongs is ignored', async () => {
      for (const body of ['{', 'x'.repeat(1000), '{"label":"x"}']) {
        const headers = { ...bearer(all.accessToken), ...json };
        assert.equal((await web.request('GET', '/api/auth/status', { headers, body })).status, { lighttpd: 400, apache: 200 }[web.name]);
        assertRefusal(await web.request('DELETE', '/api/auth/sessions/none', { headers, body }), 404, 'NOT_FOUND');
      }
    });
  });
});
