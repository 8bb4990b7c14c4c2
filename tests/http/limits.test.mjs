// SPDX-License-Identifier: MIT
// The number of sessions an account may have: off, refuse, drop-oldest.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, auditOf, bearer, bin, move, refresh, status, tally, together } from './lib/checks.mjs';

const live = (stack, subject) => Number(stack.sql(`SELECT COUNT(*) FROM session WHERE subject = '${subject}' AND revoked_us = 0`)[0][0]);
const again = (web, session) => web.signIn({ email: session.email, register: false });

through({ name: 'refuse', config: { sessions: { limit: 2, limit_policy: 'refuse', inactivity: 3600 } } }, (web, stack) => {
  it('A-2.3.2 A-7.1.2 refuse: the third device is told so, the others go on', async () => {
    const first = await web.signIn();
    const second = await again(web, first);
    const third = await again(web, first);
    assertProblem(third.login, 403, 'SESSION_LIMIT_REACHED');
    assert.deepEqual(third.login.cookies, []);
    for (const session of [first, second]) assertOk(await status(web, session.accessToken));
  });

  it('A-7.1.2 refuse: a place that is freed, expired or unused too long can be taken', async () => {
    const first = await web.signIn();
    const second = await again(web, first);
    assertOk(await second.browser.post('/api/auth/logout'));
    const third = await again(web, first);
    assertOk(third.login);
    move(stack, third.sessionId, { expires_us: -7884010, created_us: -7884010 });
    const fourth = await again(web, first);
    assertOk(fourth.login);
    move(stack, fourth.sessionId, { active_us: -3700, created_us: -3700 });
    assertOk((await again(web, first)).login);
  });

  it('A-7.1.2 refuse: a browser that signs in again takes its own place', async () => {
    const first = await web.signIn();
    await again(web, first);
    assertOk(await first.browser.post('/api/auth/login', { email: first.email, password: first.password }));
    assert.equal(live(stack, first.subject), 2);
  });

  it('A-7.1.2 refuse: parallel sign-ins get no more than the limit', async () => {
    const { email, password, browser, subject } = await web.signIn();
    assertOk(await browser.post('/api/auth/logout'));
    const answers = await together(6, (i) => (i % 2 ? web : web.other).request('POST', '/api/auth/login', { json: { email, password } }));
    assert.deepEqual(tally(answers), { 200: 2, 403: 4 });
    assert.equal(live(stack, subject), 2);
  });

  it('the limit counts each account by itself, and a refused sign-in is no failed one', async () => {
    const first = await web.signIn();
    await again(web, first);
    for (let i = 0; i < 12; i += 1) assertProblem((await again(web, first)).login, 403, 'SESSION_LIMIT_REACHED');
    assertOk((await web.signIn()).login);
  });
});

through({ name: 'drop-oldest', config: { sessions: { limit: 2, limit_policy: 'drop-oldest' } } }, (web, stack) => {
  it('A-7.1.2 drop-oldest: the device unused longest makes room', async () => {
    const first = await web.signIn();
    const second = await again(web, first);
    move(stack, second.sessionId, { active_us: -300, created_us: -300 });
    const third = await again(web, first);
    assertOk(third.login);
    assertProblem(await status(web, second.accessToken), 401, 'SESSION_INVALID');
    assertProblem(await refresh(web, second.refreshToken), 401, 'SESSION_INVALID');
    assertOk(await status(web, first.accessToken));
    assert.equal(auditOf(stack, 'session.dropped', { session: second.sessionId }).length, 1);
  });

  it('A-7.1.2 drop-oldest: parallel sign-ins all succeed and leave the limit', async () => {
    const { email, password, subject } = await web.signIn();
    const answers = await together(6, (i) => (i % 2 ? web : web.other).request('POST', '/api/auth/login', { json: { email, password } }));
    assert.deepEqual(tally(answers), { 200: 6 });
    assert.equal(live(stack, subject), 2);
  });

  it('drop-oldest: a limit that was lowered is reached by the next sign-in', async () => {
    const { email, password, subject, sessionId } = await web.signIn();
    stack.sql(`INSERT INTO session (id, realm_id, subject, account_id, refresh_cur, refresh_prev, refresh_grand, cur_issued_us, prev_issued_us, created_us,
      active_us, expires_us, absolute_us, revoked_us, revoked_reason, auth_time_s, amr, acr, device_id, label, browser, os, device_type, user_agent, ip, claims)
      SELECT UNHEX(MD5(CONCAT(HEX(id), seq))), realm_id, subject, account_id, UNHEX(SHA2(CONCAT(HEX(id), seq), 256)),
      refresh_prev, refresh_grand, cur_issued_us, prev_issued_us, created_us, active_us, expires_us, absolute_us, revoked_us, revoked_reason,
      auth_time_s, amr, acr, device_id, label, browser, os, device_type, user_agent, ip, claims FROM session, seq_1_to_4 WHERE id = ${bin(sessionId)}`);
    assert.equal(live(stack, subject), 5);
    const res = await web.request('POST', '/api/auth/login', { json: { email, password } });
    assertOk(res);
    assert.equal(live(stack, subject), 2);
    assert.equal(assertOk(await web.request('GET', '/api/auth/sessions', { headers: bearer(res.json.accessToken) })).length, 2);
  });
});
