// SPDX-License-Identifier: MIT
// The audit trail, one's own sign-ins, sessions that are over, server claims.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { admin, caller } from './lib/admins.mjs';
import {
  assertInvalid, assertOk, assertProblem, bearer, chrome, claimsOf, firefox, move, pastOverlap, refresh, rfc3339, status, uuid,
} from './lib/checks.mjs';

const unknown = '01890a5d-ac96-774b-bcce-b302099a8057';

through({ config: { step_up: { admin: 'no' } } }, (web, stack) => {
  describe('GET /api/audit', () => {
    const list = async (root, query = '') => assertOk(await root.call('GET', `/api/audit?${query}`));

    it('tells every event, newest first, with all that is known of it', async () => {
      const root = await admin(web, stack);
      const person = await web.signIn({ userAgent: chrome });
      const { content } = await list(root, `subject=${person.subject}`);
      assert.deepEqual(content.map((e) => e.kind), ['auth.sign_in', 'account.registered']);
      const { id, at, requestId, ...rest } = content[0];
      assert.match(id, uuid);
      assert.match(at, rfc3339);
      assert.match(requestId, uuid);
      assert.deepEqual(rest, { kind: 'auth.sign_in', sessionId: person.sessionId, subject: person.subject, ipAddress: '127.0.0.1', userAgent: chrome, detail: rest.detail });
      assert.equal(typeof rest.detail, 'object');
    });

    it('filters by kind, session, address and time', async () => {
      const root = await admin(web, stack);
      const person = await web.signIn();
      await web.browser().post('/api/auth/login', { email: person.email, password: 'wrong wrong wrong' });
      assertOk(await person.browser.post('/api/auth/logout'));
      const mine = `subject=${person.subject}`;
      const kinds = async (query) => (await list(root, query)).content.map((e) => e.kind);
      assert.deepEqual(await kinds(`${mine}&kind=auth.sign_in_failed`), ['auth.sign_in_failed']);
      assert.deepEqual(await kinds(`session=${person.sessionId}`), ['session.sign_out', 'auth.sign_in']);
      assert.deepEqual(await kinds(`${mine}&ip=192.0.2.9`), []);
      assert.equal((await kinds(`${mine}&ip=127.0.0.1`)).length, 4);
      const { content } = await list(root, mine);
      assert.deepEqual(await kinds(`${mine}&from=${content[1].at}`), content.slice(0, 2).map((e) => e.kind));
      assert.deepEqual(await kinds(`${mine}&to=${content[1].at}`), content.slice(2).map((e) => e.kind));
    });

    it('is read to its end by cursors, each event once, also while others come', async () => {
      const root = await admin(web, stack);
      const person = await web.signIn();
      for (let i = 0; i < 4; i += 1) await web.signIn({ email: person.email, register: false });
      const mine = `kind=auth.sign_in&subject=${person.subject}`;
      const all = (await list(root, mine)).content.map((e) => e.id);
      assert.equal(all.length, 5);
      const seen = [];
      let cursor = '';
      do {
        const page = await list(root, `${mine}&size=2${cursor}`);
        seen.push(...page.content.map((e) => e.id));
        cursor = page.nextCursor && `&cursor=${page.nextCursor}`;
        await web.signIn({ email: person.email, register: false });
      } while (cursor);
      assert.deepEqual(seen, all);
    });

    for (const [query, field] of [['size=0', 'size'], ['size=201', 'size'], ['cursor=x', 'cursor'], [`cursor=-1.${unknown}`, 'cursor'], ['cursor=12', 'cursor'],
      ['from=now', 'from'], ['to=2026-13-01T00:00:00Z', 'to'], ['ip=localhost', 'ip'], ['session=1', 'session'], ['kind=', 'kind']]) {
      it(`refuses ?${query}`, async () => {
        assertInvalid(await (await admin(web, stack)).call('GET', `/api/audit?${query}`), field, 'WRONG_VALUE');
      });
    }

    it('gatehousectl event list tells the same', async () => {
      const person = await web.signIn();
      const rows = stack.ctlRows('event', 'list', '--user', person.email);
      assert.deepEqual(rows.map((r) => r.kind), ['auth.sign_in', 'account.registered']);
      assert.equal(rows[0].sessionId, person.sessionId);
      assert.equal(stack.ctlRows('event', 'list', '--session', person.sessionId, '--kind', 'auth.sign_in', '--limit', '5').length, 1);
      for (const args of [['--from', 'x'], ['--session', 'x'], ['--ip', 'x'], ['--limit', '-1'], ['more']]) assert.equal(stack.ctlFails('event', 'list', ...args).code, 2, args.join(' '));
      assert.equal(stack.ctlFails('event', 'list', '--user', 'nobody@example.org').code, 1);
    });
  });

  describe('GET /api/users/me/activity', () => {
    const own = async (session, query = '') => assertOk(await caller(web, session).call('GET', `/api/users/me/activity?${query}`)).content;

    it('SA-37 tells the caller\'s sign-ins, failures, reuse and ends with time, address, device and result', async () => {
      const first = await web.signIn({ userAgent: firefox });
      await web.browser().post('/api/auth/login', { email: first.email, password: 'wrong wrong wrong' });
      const second = await web.signIn({ email: first.email, register: false, userAgent: chrome });
      await refresh(web, assertOk(await refresh(web, first.refreshToken)).refreshToken);
      pastOverlap(stack, first.sessionId);
      assertProblem(await refresh(web, first.refreshToken), 401, 'TOKEN_THEFT_DETECTED');
      const events = await own(second);
      assert.deepEqual(events.map((e) => [e.kind, e.result]), [['token.reuse', 'reuse'], ['auth.sign_in', 'success'], ['auth.sign_in_failed', 'failure'], ['auth.sign_in', 'success']]);
      const { id, at, os, ...rest } = events[1];
      assert.match(id, uuid);
      assert.match(at, rfc3339);
      assert.match(os, /^Windows/);
      assert.deepEqual(rest, { kind: 'auth.sign_in', result: 'success', sessionId: second.sessionId, ipAddress: '127.0.0.1', userAgent: chrome, browser: 'Chrome', current: true });
    });

    it('SA-37 A-8.2.2 tells nobody else\'s, whatever is asked for', async () => {
      const [person, other] = [await web.signIn(), await web.signIn()];
      for (const query of ['', `subject=${other.subject}`, `session=${other.sessionId}`]) {
        assert.deepEqual((await own(person, query)).map((e) => e.sessionId), [person.sessionId]);
      }
    });

    it('does not tell whence an administrator or an operator ended a session', async () => {
      const root = await admin(web, stack);
      const a = await web.signIn();
      for (let i = 0; i < 2; i += 1) await web.signIn({ email: a.email, register: false });
      assertOk(await root.call('DELETE', `/api/users/${a.subject}/sessions/${a.sessionId}`));
      stack.ctl('session', 'revoke', '--user', a.email);
      const last = await web.signIn({ email: a.email, register: false });
      const ended = (await own(last)).filter((e) => e.result === 'ended');
      assert.equal(ended.length, 2);
      for (const e of ended) assert.deepEqual([e.ipAddress, e.userAgent], [null, null]);
      assert.ok(!JSON.stringify(ended).includes(root.subject));
    });
  });

  describe('GET /api/users/me/sessions/history', () => {
    it('SA-38 tells active, expired and revoked sessions apart, of the caller only', async () => {
      const revoked = await web.signIn({ userAgent: chrome });
      const expired = await web.signIn({ email: revoked.email, register: false });
      const here = await web.signIn({ email: revoked.email, register: false });
      await web.signIn();
      assertOk(await revoked.browser.post('/api/auth/logout'));
      move(stack, expired.sessionId, { expires_us: -7884010, created_us: -7884010 });
      const { content } = assertOk(await caller(web, here).call('GET', '/api/users/me/sessions/history'));
      assert.deepEqual(content.map((s) => [s.id, s.status, s.current, s.reason]), [
        [here.sessionId, 'active', true, null], [expired.sessionId, 'expired', false, null], [revoked.sessionId, 'revoked', false, 'logout'],
      ]);
      assert.match(content[2].revokedAt, rfc3339);
      assert.equal(content[0].revokedAt, null);
      assert.equal(content[2].browser, 'Chrome');
    });
  });

  describe('claims', () => {
    let key;
    before(() => {
      [{ key }] = stack.ctlRows('api-key', 'create', `claims-${Math.random()}`);
    });
    const put = (id, claims, headers = { 'X-Api-Key': key }) => web.request('PUT', `/api/sessions/${id}/claims`, { headers, json: claims });
    const get = (id, headers = { 'X-Api-Key': key }) => web.request('GET', `/api/sessions/${id}/claims`, { headers });

    it('are merged by a back end and stand in the next tokens', async () => {
      const { sessionId, accessToken, refreshToken } = await web.signIn();
      assert.deepEqual(assertOk(await get(sessionId)), {});
      assert.deepEqual(assertOk(await put(sessionId, { tenant: 'a', plan: { seats: 3, on: true }, old: 1 })), { tenant: 'a', plan: { seats: 3, on: true }, old: 1 });
      assert.deepEqual(assertOk(await put(sessionId, { tenant: 'b', old: null, gone: null })), { plan: { seats: 3, on: true }, tenant: 'b' });
      assert.equal(claimsOf(accessToken).tenant, undefined);
      assertOk(await status(web, accessToken));
      const claims = claimsOf(assertOk(await refresh(web.other, refreshToken)).accessToken);
      assert.deepEqual([claims.tenant, claims.plan], ['b', { seats: 3, on: true }]);
      assert.deepEqual(assertOk(await get(sessionId)), { plan: { seats: 3, on: true }, tenant: 'b' });
    });

    it('of parallel back ends are all kept or refused, never lost', async () => {
      const { sessionId } = await web.signIn();
      const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => put(sessionId, { [`c${i}`]: i })));
      const kept = answers.map((res, i) => [res.status, `c${i}`]).filter(([code]) => code === 200).map(([, name]) => name);
      for (const res of answers) assert.ok([200, 409].includes(res.status), res.text);
      assert.deepEqual(Object.keys(assertOk(await get(sessionId))).sort(), kept.sort());
    });

    for (const name of ['sub', 'iss', 'aud', 'exp', 'sid', 'roles', 'groups', 'acr', 'amr', 'auth_time', 'ver', 'jti', 'rth']) {
      it(`A-8.2.3 may not be called ${name}`, async () => {
        const { sessionId, refreshToken } = await web.signIn();
        assertProblem(await put(sessionId, { fine: 1, [name]: ['ADMIN'] }), 400, 'CLAIM_RESERVED');
        assert.deepEqual(assertOk(await get(sessionId)), {});
        assertOk(await refresh(web, refreshToken));
      });
    }

    it('A-8.2.1 are for API keys only', async () => {
      const root = await admin(web, stack);
      for (const headers of [bearer(root.accessToken), bearer(root.refreshToken)]) {
        assertProblem(await put(root.sessionId, { a: 1 }, headers), 401, 'API_KEY_INVALID');
        assertProblem(await get(root.sessionId, headers), 401, 'API_KEY_INVALID');
      }
      assertProblem(await put(root.sessionId, { a: 1 }, {}), 401, 'AUTHENTICATION_REQUIRED');
    });

    it('A-4.2.5 are bounded, so that tokens always fit a cookie', async () => {
      const { sessionId, browser } = await web.signIn();
      assertProblem(await put(sessionId, { a: 'x'.repeat(1100) }), 413, 'BODY_TOO_LARGE');
      assertOk(await put(sessionId, { a: 'x'.repeat(1000) }));
      assertProblem(await put(sessionId, { b: 'y'.repeat(100) }), 413, 'BODY_TOO_LARGE');
      assertOk(await browser.post('/api/auth/refresh', {}));
      assertOk(await browser.get('/api/auth/status'));
    });

    it('are not for a session that is unknown or over', async () => {
      const ended = await web.signIn();
      assertOk(await ended.browser.post('/api/auth/logout'));
      for (const id of [unknown, 'no-id', ended.sessionId]) {
        assertProblem(await put(id, { a: 1 }), 404, 'NOT_FOUND');
        assertProblem(await get(id), 404, 'NOT_FOUND');
      }
    });
  });
});
