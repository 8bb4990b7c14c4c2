// SPDX-License-Identifier: MIT
// Refresh tokens: a lost answer and two tabs cost nothing, a thief is caught.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import {
  assertOk, assertProblem, auditOf, bin, claimsOf, cookieHeaders, move, pastOverlap, refresh, sessionRow, status, tally, together,
} from './lib/checks.mjs';

/** The children of a token, one refresh after the other. */
async function child(web, token) {
  return assertOk(await refresh(web, token));
}

async function assertTheft(web, stack, session, token) {
  assertProblem(await refresh(web, token), 401, 'TOKEN_THEFT_DETECTED', 'Session revoked after token reuse');
  assert.equal(sessionRow(stack, session.sessionId, 'revoked_reason')[0], 'reuse');
  const events = auditOf(stack, 'token.reuse', { session: session.sessionId });
  assert.equal(events.length, 1);
  assert.equal(events[0].subject, session.subject);
}

async function assertDead(web, ...tokens) {
  for (const { accessToken, refreshToken } of tokens) {
    assertProblem(await status(web, accessToken), 401, 'SESSION_INVALID', 'Invalid session');
    assertProblem(await refresh(web, refreshToken), 401, 'SESSION_INVALID', 'Invalid session');
  }
}

function assertNoAlarm(stack, session) {
  assert.deepEqual(auditOf(stack, 'token.reuse', { session: session.sessionId }), []);
  assert.equal(sessionRow(stack, session.sessionId, 'revoked_us')[0], '0');
}

through({}, (web, stack) => {
  for (const method of ['POST', 'GET']) {
    it(`${method} refresh by cookie gives other tokens for the same session`, async () => {
      const { browser, accessToken, refreshToken, sessionId, subject, email } = await web.signIn();
      const json = assertOk(await browser.request(method, '/api/auth/refresh'));
      assert.equal(json.sessionId, sessionId);
      assert.equal(json.principal.id, subject);
      assert.equal(json.principal.email, email);
      assert.notEqual(json.accessToken, accessToken);
      assert.notEqual(json.refreshToken, refreshToken);
      assert.equal(json.expiresIn, 900);
      assert.equal(browser.cookie('access_token'), json.accessToken);
      assert.equal(browser.cookie('refresh_token'), json.refreshToken);
      assert.equal(claimsOf(json.accessToken).auth_time, claimsOf(accessToken).auth_time);
      assertOk(await browser.get('/api/auth/status'));
    });

    it(`${method} refresh by header needs no cookie and no Origin`, async () => {
      const session = await web.signIn();
      const json = assertOk(await refresh(web, session.refreshToken, method));
      assertOk(await status(web, json.accessToken));
    });

    it(`${method} refresh without a token`, async () => {
      const res = await web.request(method, '/api/auth/refresh');
      assert.equal(res.status, 401);
      assert.equal(res.json.error, 'Authentication required');
      assert.ok(!res.headers['www-authenticate'].includes('error='));
    });
  }

  it('garbage, truncated and damaged refresh tokens are refused and change nothing', async () => {
    const session = await web.signIn();
    const token = session.refreshToken;
    const flipped = `${token.slice(0, 40)}${token[40] === 'A' ? 'B' : 'A'}${token.slice(41)}`;
    for (const bad of ['x', 'AAAA', token.slice(0, -4), `${token}AAAA`, flipped, token.toUpperCase()]) {
      assertProblem(await refresh(web, bad), 401, 'REFRESH_TOKEN_INVALID');
    }
    assertOk(await refresh(web, token));
    assertNoAlarm(stack, session);
  });

  it('FAPI2-5.3.2.1 a lost answer costs nothing, however late the retry', async () => {
    const session = await web.signIn();
    const before = sessionRow(stack, session.sessionId, 'HEX(refresh_cur), expires_us, cur_issued_us');
    const children = new Set();
    for (let i = 0; i < 3; i += 1) children.add((await child(web, session.refreshToken)).refreshToken);
    assert.equal(children.size, 3, 'every child is another');
    assert.deepEqual(sessionRow(stack, session.sessionId, 'HEX(refresh_cur), expires_us, cur_issued_us'), before, 'no write for a child');
    pastOverlap(stack, session.sessionId, 86400);
    const late = await child(web, session.refreshToken);
    assertOk(await status(web, late.accessToken));
    assertOk(await refresh(web, late.refreshToken));
    assertNoAlarm(stack, session);
  });

  it('GRACE-1 the parent gives a sibling within the overlap of the child used first', async () => {
    const session = await web.signIn();
    const first = await child(web, session.refreshToken);
    await child(web, first.refreshToken);
    const sibling = await child(web, session.refreshToken);
    assertOk(await status(web, sibling.accessToken));
    assertOk(await refresh(web, sibling.refreshToken));
    assertOk(await refresh(web, first.refreshToken));
    assertNoAlarm(stack, session);
  });

  it('GRACE-1 siblings issued within the overlap are one generation', async () => {
    const session = await web.signIn();
    const [a, b, c] = await together(3, () => child(web, session.refreshToken));
    await child(web, b.refreshToken);
    for (const one of [a, c, b]) {
      assertOk(await refresh(web, one.refreshToken));
      assertOk(await status(web, one.accessToken));
    }
    assertNoAlarm(stack, session);
  });

  it('R9700-2.2.2 R9700-4.14-a a used parent after the overlap is theft', async () => {
    const session = await web.signIn();
    const first = await child(web, session.refreshToken);
    const second = await child(web, first.refreshToken);
    pastOverlap(stack, session.sessionId);
    await assertTheft(web, stack, session, session.refreshToken);
    await assertDead(web, session, first, second);
  });

  it('R9700-4.14-a thief first: the owner raises the alarm and the thief is out', async () => {
    const owner = await web.signIn();
    const thief = await child(web, owner.refreshToken);
    const onward = await child(web, thief.refreshToken);
    assertOk(await status(web, onward.accessToken));
    pastOverlap(stack, owner.sessionId);
    await assertTheft(web, stack, owner, owner.refreshToken);
    await assertDead(web, thief, onward);
  });

  it('R9700-4.14-a owner first: the thief raises the alarm and gets nothing', async () => {
    const stolen = await web.signIn();
    const owner = await child(web, stolen.refreshToken);
    assertOk(await status(web, owner.accessToken));
    pastOverlap(stack, stolen.sessionId);
    await assertTheft(web, stack, stolen, stolen.refreshToken);
    await assertDead(web, owner);
  });

  it('GRACE-1 a child counts as used by its access token', async () => {
    const session = await web.signIn();
    const first = await child(web, session.refreshToken);
    assertOk(await status(web, first.accessToken));
    assertOk(await refresh(web, session.refreshToken));
    pastOverlap(stack, session.sessionId);
    assertOk(await refresh(web, first.refreshToken));
    await assertTheft(web, stack, session, session.refreshToken);
  });

  it('GRACE-1 a grandparent is theft even within the overlap', async () => {
    const session = await web.signIn();
    const first = await child(web, session.refreshToken);
    const second = await child(web, first.refreshToken);
    const third = await child(web, second.refreshToken);
    await assertTheft(web, stack, session, session.refreshToken);
    await assertDead(web, first, second, third);
  });

  it('GRACE-1 an unused sibling outside the overlap is theft', async () => {
    const session = await web.signIn();
    const sibling = await child(web, session.refreshToken);
    const used = await child(web, session.refreshToken);
    assertOk(await refresh(web, used.refreshToken));
    pastOverlap(stack, session.sessionId);
    await assertTheft(web, stack, session, sibling.refreshToken);
    await assertDead(web, used);
  });

  it('a theft ends that session only and clears the cookies of who presents it', async () => {
    const session = await web.signIn();
    const phone = await web.signIn({ email: session.email, register: false });
    const first = await child(web, session.refreshToken);
    assertOk(await status(web, first.accessToken));
    pastOverlap(stack, session.sessionId);
    const res = await web.request('POST', '/api/auth/refresh', { headers: cookieHeaders({ refresh_token: session.refreshToken }) });
    assertProblem(res, 401, 'TOKEN_THEFT_DETECTED');
    assert.deepEqual(res.cookies.map((c) => [c.name, c.value, c.attributes['max-age']]).sort(), [['access_token', '', '0'], ['refresh_token', '', '0']]);
    assertOk(await status(web, phone.accessToken));
    assertOk(await refresh(web, phone.refreshToken));
  });

  it('the old access token stays good until its end when a child is used', async () => {
    const session = await web.signIn();
    const first = await child(web, session.refreshToken);
    await child(web, first.refreshToken);
    assertOk(await status(web, session.accessToken));
    assertOk(await status(web, first.accessToken));
    assertNoAlarm(stack, session);
  });

  describe('parallel', () => {
    it('N refreshes with one token all succeed, and so do their children', async () => {
      const session = await web.signIn();
      const webs = [web, web.other];
      const answers = await together(8, (i) => refresh(webs[i % 2], session.refreshToken));
      assert.deepEqual(tally(answers), { 200: 8 });
      const next = await together(8, (i) => refresh(webs[i % 2], answers[i].json.refreshToken));
      assert.deepEqual(tally(next), { 200: 8 });
      assert.deepEqual(tally(await together(8, (i) => status(webs[i % 2], next[i].json.accessToken))), { 200: 8 });
      assertNoAlarm(stack, session);
    });

    it('two tabs that refresh and use what they got, over and over, are no thief', async () => {
      const session = await web.signIn();
      let token = session.refreshToken;
      for (let round = 0; round < 4; round += 1) {
        const tabs = await together(2, async () => {
          const got = assertOk(await refresh(web, token));
          assertOk(await status(web, got.accessToken));
          return got;
        });
        token = tabs[round % 2].refreshToken;
      }
      assertOk(await refresh(web, token));
      assertNoAlarm(stack, session);
    });

    it('a browser whose tabs share cookies may send the parent and its child at once', async () => {
      const session = await web.signIn();
      const first = await child(web, session.refreshToken);
      const answers = await together(8, (i) => refresh(web, i % 2 ? first.refreshToken : session.refreshToken));
      assert.deepEqual(tally(answers), { 200: 8 });
      assertNoAlarm(stack, session);
    });

    it('a theft among parallel refreshes ends the session once', async () => {
      const session = await web.signIn();
      const first = await child(web, session.refreshToken);
      assertOk(await status(web, first.accessToken));
      pastOverlap(stack, session.sessionId);
      const answers = await together(6, () => refresh(web, session.refreshToken));
      assert.deepEqual(tally(answers), { 401: 6 });
      assert.equal(auditOf(stack, 'token.reuse', { session: session.sessionId }).length, 1);
      await assertDead(web, first);
    });
  });

  it('the first use of a child slides the end of the session', async () => {
    const session = await web.signIn();
    move(stack, session.sessionId, { expires_us: -7884000 + 100, created_us: -86400 });
    const first = await child(web, session.refreshToken);
    await child(web, first.refreshToken);
    const left = Number(stack.sql(`SELECT (expires_us - UNIX_TIMESTAMP(NOW(6)) * 1000000) / 1000000 FROM session WHERE id = ${bin(session.sessionId)}`)[0][0]);
    assert.ok(Math.abs(left - 7884000) < 60, `${left}`);
    assertOk(await status(web, session.accessToken));
  });

  it('R9700-4.14-b a refresh token ends when it is not used', async () => {
    const session = await web.signIn();
    move(stack, session.sessionId, { expires_us: -7884001, created_us: -7884001 });
    assertProblem(await refresh(web, session.refreshToken), 401, 'SESSION_EXPIRED', 'Session expired');
  });

  it('R9700-4.14-c a refresh token ends with its session', async () => {
    const session = await web.signIn();
    const first = await child(web, session.refreshToken);
    assertOk(await session.browser.delete(`/api/auth/sessions/${session.sessionId}`));
    await assertDead(web, session, first);
    assertNoReuseEvent(session);
  });

  function assertNoReuseEvent(session) {
    assert.deepEqual(auditOf(stack, 'token.reuse', { session: session.sessionId }), [], 'revoked is not stolen');
  }
});

through({ name: 'strict', config: { tokens: { refresh_overlap: 0 } } }, (web, stack) => {
  it('GRACE-1 without overlap a lost answer still costs nothing', async () => {
    const session = await web.signIn();
    await child(web, session.refreshToken);
    const again = await child(web, session.refreshToken);
    assertOk(await refresh(web, again.refreshToken));
    assertNoAlarm(stack, session);
  });

  it('GRACE-1 without overlap a used parent is theft at once', async () => {
    const session = await web.signIn();
    const first = await child(web, session.refreshToken);
    await child(web, first.refreshToken);
    await assertTheft(web, stack, session, session.refreshToken);
    await assertDead(web, first);
  });

  it('GRACE-1 without overlap an unused sibling is theft at once', async () => {
    const session = await web.signIn();
    const [used, sibling] = await together(2, () => child(web, session.refreshToken));
    assertOk(await refresh(web, used.refreshToken));
    await assertTheft(web, stack, session, sibling.refreshToken);
  });
});
