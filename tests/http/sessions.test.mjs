// SPDX-License-Identifier: MIT
// One's own sessions: seen, named, ended, and the data kept with one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import {
  assertInvalid, assertOk, assertProblem, auditOf, bearer, bin, chrome, firefox, move, refresh, rfc3339, sessionRow, status,
  uuid, withoutInstance,
} from './lib/checks.mjs';

const lists = ['/api/auth/sessions', '/api/auth/session', '/api/users/me/sessions'];
const folders = ['/api/auth/sessions', '/api/users/me/sessions'];
const unknown = '01890a5d-ac96-774b-bcce-b302099a8057';

through({}, (web, stack) => {
  const list = async (session, path = lists[0]) => assertOk(await web.request('GET', path, { headers: bearer(session.accessToken) }));
  const call = (session, method, path, options = {}) => web.request(method, path, { ...options, headers: { ...bearer(session.accessToken), ...options.headers } });
  /** Somebody signed in on n devices. */
  async function devices(n) {
    const first = await web.signIn({ userAgent: chrome });
    const all = [first];
    while (all.length < n) all.push(await web.signIn({ email: first.email, register: false, userAgent: firefox }));
    return all;
  }

  describe('list', () => {
    for (const path of lists) {
      it(`GET ${path} shows every member of every session`, async () => {
        const [laptop, desktop] = await devices(2);
        const sessions = await list(laptop, path);
        assert.equal(sessions.length, 2);
        const mine = sessions.find((s) => s.id === laptop.sessionId);
        assert.deepEqual(Object.keys(mine).sort(), ['authMethods', 'browser', 'createdAt', 'current', 'device', 'deviceType', 'expiresAt',
          'id', 'ipAddress', 'label', 'lastActiveAt', 'location', 'os', 'userAgent']);
        for (const name of ['createdAt', 'lastActiveAt', 'expiresAt']) assert.match(mine[name], rfc3339);
        const { createdAt, lastActiveAt, expiresAt, ...rest } = mine;
        assert.deepEqual(rest, {
          id: laptop.sessionId, current: true, label: null, device: rest.device, browser: 'Chrome', os: rest.os, deviceType: 'desktop',
          userAgent: chrome, ipAddress: '127.0.0.1', location: null, authMethods: ['pwd'],
        });
        assert.match(rest.id, uuid);
        assert.match(rest.os, /^Windows/);
        assert.equal(rest.device, `${rest.browser} on ${rest.os}`);
        assert.ok(Date.parse(createdAt) <= Date.parse(lastActiveAt));
        assert.ok(Math.abs(Date.parse(expiresAt) - Date.parse(createdAt) - 7884000e3) < 60e3);
        assert.equal(sessions.find((s) => s.id === desktop.sessionId).current, false);
      });
    }

    it('marks exactly the caller\'s session as the current one', async () => {
      for (const session of await devices(3)) {
        assert.deepEqual((await list(session)).filter((s) => s.current).map((s) => s.id), [session.sessionId]);
      }
    });

    it('is in order of activity, newest first', async () => {
      const [a, b, c] = await devices(3);
      move(stack, a.sessionId, { active_us: -30 });
      move(stack, b.sessionId, { active_us: -10 });
      move(stack, c.sessionId, { active_us: -50 });
      assert.deepEqual((await list(a)).map((s) => s.id), [b.sessionId, a.sessionId, c.sessionId]);
    });

    it('A-8.2.2 shows nobody else\'s sessions, and never a token or a hash', async () => {
      const session = await web.signIn();
      await web.signIn();
      const res = await call(session, 'GET', lists[0]);
      assert.deepEqual(assertOk(res).map((s) => s.id), [session.sessionId]);
      const [hash] = sessionRow(stack, session.sessionId, 'LOWER(HEX(refresh_cur))');
      for (const secret of [session.accessToken, session.refreshToken, hash]) assert.ok(!res.text.includes(secret));
    });

    it('leaves out what is revoked or over', async () => {
      const [here, gone, old] = await devices(3);
      assertOk(await gone.browser.post('/api/auth/logout'));
      move(stack, old.sessionId, { expires_us: -7884010, created_us: -7884010 });
      assert.deepEqual((await list(here)).map((s) => s.id), [here.sessionId]);
    });
  });

  describe('activity', () => {
    const active = (session) => Number(sessionRow(stack, session.sessionId, 'active_us')[0]);
    const settle = () => new Promise((resolve) => { setTimeout(resolve, 50); });

    it('is stamped when the last stamp is older than a minute', async () => {
      const session = await web.signIn();
      move(stack, session.sessionId, { active_us: -120 });
      const before = active(session);
      assertOk(await status(web, session.accessToken));
      for (let i = 0; i < 40 && active(session) === before; i += 1) await settle();
      assert.ok(active(session) > before + 100e6);
    });

    it('is not stamped twice within a minute', async () => {
      const session = await web.signIn();
      move(stack, session.sessionId, { active_us: -30 });
      const before = active(session);
      for (let i = 0; i < 5; i += 1) assertOk(await status(web, session.accessToken));
      await list(session);
      await settle();
      assert.equal(active(session), before);
    });
  });

  describe('revoke one', () => {
    for (const path of folders) {
      it(`DELETE ${path}/{id} cuts that device off at once, and only that`, async () => {
        const [here, lost, third] = await devices(3);
        assert.deepEqual(assertOk(await here.browser.delete(`${path}/${lost.sessionId}`)), { success: true });
        assertProblem(await status(web, lost.accessToken), 401, 'SESSION_INVALID', 'Invalid session');
        assertProblem(await refresh(web, lost.refreshToken), 401, 'SESSION_INVALID', 'Invalid session');
        assert.deepEqual((await list(here)).map((s) => s.id).sort(), [here.sessionId, third.sessionId].sort());
        assertOk(await status(web, third.accessToken));
        assert.equal(sessionRow(stack, lost.sessionId, 'revoked_reason')[0], 'user');
        assert.equal(auditOf(stack, 'session.revoked', { session: lost.sessionId }).length, 1);
      });

      it(`A-7.5.2 DELETE ${path}/{id} answers 404 alike for unknown, foreign, ended and malformed ids`, async () => {
        const [mine, ended] = await devices(2);
        const foreign = await web.signIn();
        assertOk(await call(mine, 'DELETE', `${path}/${ended.sessionId}`));
        const answers = [];
        for (const id of [unknown, foreign.sessionId, ended.sessionId, 'no-id', '0'.repeat(36)]) answers.push(await call(mine, 'DELETE', `${path}/${id}`));
        for (const res of answers) {
          assertProblem(res, 404, 'NOT_FOUND', 'Not found');
          assert.deepEqual(withoutInstance(res), withoutInstance(answers[0]));
        }
        assertOk(await status(web, foreign.accessToken));
      });

      it(`DELETE ${path}/{id} of the current session signs this browser out`, async () => {
        const { browser, sessionId, accessToken } = await web.signIn();
        assertOk(await browser.delete(`${path}/${sessionId}`));
        assert.equal(browser.cookie('access_token'), undefined);
        assert.equal(browser.cookie('refresh_token'), undefined);
        assertProblem(await status(web, accessToken), 401, 'SESSION_INVALID');
      });

      it(`DELETE ${path} ends all, this one too`, async () => {
        const all = await devices(3);
        const res = await all[0].browser.delete(path);
        assert.deepEqual(assertOk(res), { success: true, count: 3 });
        assert.equal(all[0].browser.cookie('access_token'), undefined);
        for (const session of all) {
          assertProblem(await status(web, session.accessToken), 401, 'SESSION_INVALID');
          assertProblem(await refresh(web, session.refreshToken), 401, 'SESSION_INVALID');
        }
      });
    }

    it('others ends all but the current one and counts them', async () => {
      const [here, ...rest] = await devices(4);
      const stranger = await web.signIn();
      assert.deepEqual(assertOk(await here.browser.delete('/api/auth/sessions/others')), { success: true, count: 3 });
      for (const session of rest) assertProblem(await status(web, session.accessToken), 401, 'SESSION_INVALID');
      assertOk(await here.browser.get('/api/auth/sessions'));
      assertOk(await refresh(web, here.refreshToken));
      assertOk(await status(web, stranger.accessToken));
      assert.deepEqual(assertOk(await here.browser.delete('/api/auth/sessions/others')), { success: true, count: 0 });
    });
  });

  describe('label', () => {
    const label = (session, id, text) => call(session, 'PATCH', `/api/auth/sessions/${id}`, { json: { label: text } });
    const shown = async (session, id) => (await list(session)).find((s) => s.id === id).label;

    it('names a device and takes the name away', async () => {
      const [here, there] = await devices(2);
      for (const text of ['Küche 🍳', 'x'.repeat(64), 'é'.repeat(64)]) {
        assertOk(await label(here, there.sessionId, text));
        assert.equal(await shown(here, there.sessionId), text);
      }
      assert.equal(await shown(here, here.sessionId), null);
      assertOk(await label(here, there.sessionId, ''));
      assert.equal(await shown(here, there.sessionId), null);
    });

    it('is at most 64 characters and holds no control character', async () => {
      const session = await web.signIn();
      for (const text of ['x'.repeat(65), 'line\nbreak', 'esc\u001b[31m', 'c1\u0085']) {
        const res = await label(session, session.sessionId, text);
        assertProblem(res, 400, 'VALIDATION_FAILED');
        assert.deepEqual(res.json.errors.map((e) => e.field), ['label']);
      }
      assert.equal(await shown(session, session.sessionId), null);
    });

    it('A-8.2.2 foreign, unknown and malformed ids: the same 404, nothing named', async () => {
      const session = await web.signIn();
      const foreign = await web.signIn();
      for (const id of [foreign.sessionId, unknown, 'no-id']) assertProblem(await label(session, id, 'mine'), 404, 'NOT_FOUND', 'Not found');
      assert.equal(await shown(foreign, foreign.sessionId), null);
    });
  });

  describe('data', () => {
    const path = '/api/auth/session/data';
    const put = (session, body) => call(session, 'PUT', path, { body, headers: { 'Content-Type': 'application/json' } });

    it('is an empty object at first, then what was put last', async () => {
      const session = await web.signIn();
      assert.deepEqual(assertOk(await call(session, 'GET', path)), {});
      for (const data of [{ cart: [1, 2, { sku: 'ü' }], theme: 'dark' }, { other: null }, {}]) {
        assertOk(await put(session, JSON.stringify(data)));
        assert.deepEqual(assertOk(await call(session, 'GET', path)), data);
      }
    });

    it('belongs to one session and outlives a refresh', async () => {
      const [here, there] = await devices(2);
      assertOk(await put(here, '{"a":1}'));
      assert.deepEqual(assertOk(await call(there, 'GET', path)), {});
      const fresh = assertOk(await refresh(web, here.refreshToken));
      assert.deepEqual(assertOk(await call(fresh, 'GET', path)), { a: 1 });
    });

    it('is a JSON object of at most 64 KiB', async () => {
      const session = await web.signIn();
      const wrap = (n) => `{"d":"${'x'.repeat(n - 8)}"}`;
      assertOk(await put(session, wrap(65536)));
      assert.equal(assertOk(await call(session, 'GET', path)).d.length, 65528);
      assertProblem(await put(session, wrap(65537)), 413, 'BODY_TOO_LARGE');
      for (const body of ['[]', '"text"', '1', 'null', '{', '{"a":1,"a":2}', '']) assert.equal((await put(session, body)).status, 400, body);
      assert.equal(assertOk(await call(session, 'GET', path)).d.length, 65528);
    });

    it('ends with the session', async () => {
      const session = await web.signIn();
      assertOk(await put(session, '{"a":1}'));
      assertOk(await session.browser.post('/api/auth/logout'));
      assertProblem(await call(session, 'GET', path), 401, 'SESSION_INVALID');
      assertProblem(await put(session, '{"a":2}'), 401, 'SESSION_INVALID');
      assert.equal(stack.sql(`SELECT data FROM session_data WHERE session_id = ${bin(session.sessionId)}`)[0][0], '{"a":1}');
    });
  });

  describe('A-8.2.1 every route wants an access token', () => {
    const routes = [
      ...lists.map((path) => ['GET', path]), ...folders.flatMap((path) => [['DELETE', path], ['DELETE', `${path}/${unknown}`]]),
      ['DELETE', '/api/auth/sessions/others'], ['PATCH', `/api/auth/sessions/${unknown}`], ['GET', '/api/auth/session/data'],
      ['PUT', '/api/auth/session/data'],
    ];
    for (const [method, path] of routes) {
      it(`${method} ${path}, and says so before it looks at a body`, async () => {
        const options = ['PUT', 'PATCH'].includes(method) ? { body: '{{{', headers: { 'Content-Type': 'text/plain' } } : {};
        assertProblem(await web.request(method, path, options), 401, 'AUTHENTICATION_REQUIRED', 'Authentication required');
        const { refreshToken } = await web.signIn();
        assertProblem(await web.request(method, path, { ...options, headers: { ...options.headers, ...bearer(refreshToken) } }), 401, 'ACCESS_TOKEN_INVALID');
      });
    }
  });

  it('a label of the wrong type is a validation problem', async () => {
    const session = await web.signIn();
    const res = await call(session, 'PATCH', `/api/auth/sessions/${session.sessionId}`, { json: { label: 5 } });
    assertInvalid(res, 'label', res.json.errors?.[0]?.code);
  });
});
