// SPDX-License-Identifier: MIT
// The ends of sessions and tokens, and how each is told.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, bearer, bin, claimsOf, cookieHeaders, move, refresh, sessionRow, status } from './lib/checks.mjs';

const year = 365 * 86400;

async function assertExpired(web, { accessToken, refreshToken }) {
  assertProblem(await status(web, accessToken), 401, 'SESSION_EXPIRED', 'Session expired');
  assertProblem(await refresh(web, refreshToken), 401, 'SESSION_EXPIRED', 'Session expired');
}

const list = async (web, accessToken) => assertOk(await web.request('GET', '/api/auth/sessions', { headers: bearer(accessToken) }));
const seconds = (text) => Date.parse(text) / 1000;

through({ config: { sessions: { absolute_lifetime: 86400, inactivity: 3600 } } }, (web, stack) => {
  const databaseNow = () => Number(stack.sql('SELECT UNIX_TIMESTAMP(NOW(6))')[0][0]);

  describe('A-7.3.1 inactivity', () => {
    it('a session unused for less than the limit goes on, and starts anew', async () => {
      const session = await web.signIn();
      move(stack, session.sessionId, { active_us: -3590, created_us: -3590 });
      assertOk(await status(web, session.accessToken));
      move(stack, session.sessionId, { active_us: -3000 });
      assertOk(await refresh(web, session.refreshToken));
    });

    it('a session unused for longer has expired', async () => {
      const session = await web.signIn();
      move(stack, session.sessionId, { active_us: -3601, created_us: -3601 });
      await assertExpired(web, session);
      await assertExpired(web.other, session);
    });

    it('a refresh whose answer was used keeps the session in use', async () => {
      const session = await web.signIn();
      move(stack, session.sessionId, { active_us: -3500, created_us: -3500 });
      const child = assertOk(await refresh(web, session.refreshToken));
      assertOk(await refresh(web, child.refreshToken));
      const idle = databaseNow() - Number(sessionRow(stack, session.sessionId, 'active_us')[0]) / 1e6;
      assert.ok(idle < 60, `${idle}`);
    });
  });

  describe('A-7.3.2 absolute lifetime', () => {
    it('ends a session however busy it is', async () => {
      const session = await web.signIn();
      const child = assertOk(await refresh(web, session.refreshToken));
      assertOk(await status(web, child.accessToken));
      move(stack, session.sessionId, { absolute_us: -86401, expires_us: -86401, created_us: -86401 });
      await assertExpired(web, child);
      await assertExpired(web, session);
    });

    it('A-10.4.8 is no later after any number of refreshes', async () => {
      const session = await web.signIn();
      move(stack, session.sessionId, { absolute_us: -86000, expires_us: -86000, created_us: -86000 });
      const [end] = sessionRow(stack, session.sessionId, 'absolute_us');
      let { refreshToken } = session;
      for (let i = 0; i < 4; i += 1) {
        const json = assertOk(await refresh(web, refreshToken));
        ({ refreshToken } = json);
        assert.ok(json.refreshExpiresIn <= 400, `${json.refreshExpiresIn}`);
        assert.ok(claimsOf(json.accessToken).exp * 1e6 <= Number(end) + 1e6, 'no access token outlives its session');
      }
      const [expires, absolute] = sessionRow(stack, session.sessionId, 'expires_us, absolute_us');
      assert.equal(absolute, end);
      assert.ok(Number(expires) <= Number(absolute));
    });
  });

  it('expiresAt tells the soonest of all ends', async () => {
    const session = await web.signIn();
    const [{ expiresAt, lastActiveAt }] = await list(web, session.accessToken);
    assert.ok(Math.abs(seconds(expiresAt) - seconds(lastActiveAt) - 3600) < 2);
    move(stack, session.sessionId, { absolute_us: -86000, expires_us: -86000, created_us: -86000 });
    const [late] = await list(web, session.accessToken);
    assert.ok(Math.abs(seconds(late.expiresAt) - seconds(late.createdAt) - 86400) < 2);
    const now = assertOk(await status(web, session.accessToken));
    assert.equal(now.expiresAt, late.expiresAt);
  });

  it('an expired session is in no list and cannot be named or ended', async () => {
    const here = await web.signIn();
    for (const columns of [{ active_us: -3601, created_us: -3601 }, { absolute_us: -86401, expires_us: -86401, created_us: -86401 }]) {
      const there = await web.signIn({ email: here.email, register: false });
      move(stack, there.sessionId, columns);
      assert.deepEqual((await list(web, here.accessToken)).map((s) => s.id), [here.sessionId]);
      assertProblem(await here.browser.delete(`/api/auth/sessions/${there.sessionId}`), 404, 'NOT_FOUND');
      assertProblem(await here.browser.patch(`/api/auth/sessions/${there.sessionId}`, { label: 'x' }), 404, 'NOT_FOUND');
    }
  });

  it('logout of an expired session succeeds and clears the cookies', async () => {
    const session = await web.signIn();
    move(stack, session.sessionId, { active_us: -3601, created_us: -3601 });
    assertOk(await session.browser.post('/api/auth/logout'));
    assert.equal(session.browser.cookie('refresh_token'), undefined);
  });

  it('an end is told by a cookie as by a header, and clears both cookies', async () => {
    const session = await web.signIn();
    move(stack, session.sessionId, { active_us: -3601, created_us: -3601 });
    const res = await session.browser.get('/api/auth/sessions');
    assertProblem(res, 401, 'SESSION_EXPIRED', 'Session expired');
    assert.deepEqual(res.cookies.map((c) => [c.name, c.attributes['max-age']]).sort(), [['access_token', '0'], ['refresh_token', '0']]);
    assert.match(res.headers['www-authenticate'], /error="invalid_token"/);
  });

  it('revoked and unknown sessions are invalid, not expired, even when they are over too', async () => {
    const revoked = await web.signIn();
    assertOk(await revoked.browser.post('/api/auth/logout'));
    move(stack, revoked.sessionId, { active_us: -3601, created_us: -3601 });
    const unknown = await web.signIn();
    stack.sql(`DELETE FROM session WHERE id = ${bin(unknown.sessionId)}`);
    for (const { accessToken, refreshToken } of [revoked, unknown]) {
      assertProblem(await status(web, accessToken), 401, 'SESSION_INVALID', 'Invalid session');
      assertProblem(await refresh(web, refreshToken), 401, 'SESSION_INVALID', 'Invalid session');
    }
  });
});

through({ name: 'without limits', config: {} }, (web, stack) => {
  it('by default neither inactivity nor age ends a session within the refresh lifetime', async () => {
    const session = await web.signIn();
    move(stack, session.sessionId, { active_us: -80 * 86400, created_us: -5 * year });
    assertOk(await status(web, session.accessToken));
    const child = assertOk(await refresh(web, session.refreshToken));
    assertOk(await refresh(web, child.refreshToken));
  });

  it('the sliding end is the refresh lifetime', async () => {
    const session = await web.signIn();
    move(stack, session.sessionId, { expires_us: -7883995, created_us: -7883995 });
    assertOk(await status(web, session.accessToken));
    move(stack, session.sessionId, { expires_us: -6 });
    await assertExpired(web, session);
  });
});

through({ name: 'short-lived access tokens', config: { tokens: { access_lifetime: 5, leeway: 0 } } }, (web) => {
  it('A-9.2.1 an access token past exp is told apart, clears nothing, and a refresh helps', async () => {
    const { accessToken, refreshToken, browser } = await web.signIn();
    assertOk(await status(web, accessToken));
    const { exp } = claimsOf(accessToken);
    await new Promise((resolve) => { setTimeout(resolve, (exp + 0.05) * 1000 - Date.now()); });
    for (const each of [web, web.other]) assertProblem(await status(each, accessToken), 401, 'ACCESS_TOKEN_EXPIRED', 'Access token expired');
    const byCookie = await web.request('GET', '/api/auth/sessions', { headers: cookieHeaders({ access_token: accessToken }) });
    assertProblem(byCookie, 401, 'ACCESS_TOKEN_EXPIRED', 'Access token expired');
    assert.deepEqual(byCookie.cookies, []);
    assert.match(byCookie.headers['www-authenticate'], /error="invalid_token"/);
    const fresh = assertOk(await refresh(web, refreshToken));
    assertOk(await status(web, fresh.accessToken));
    assertOk(await browser.post('/api/auth/logout'));
  });
});
