// SPDX-License-Identifier: MIT
// What is revoked is dead: at once, behind both web servers, in every worker,
// and after a restart.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { through } from './lib/stack.mjs';
import {
  assertOk, assertProblem, auditOf, bearer, claimsOf, refresh, status, tally, together,
} from './lib/checks.mjs';

/** Asks so often, and so many at once, that every worker is reached. */
async function everywhere(webs, accessToken, n = 8) {
  return together(n, (i) => status(webs[i % webs.length], accessToken));
}

/** Makes every worker know and cache the token, then sees it dead in all. */
async function cutOff(web, session, how) {
  const webs = [web, web.other];
  assert.deepEqual(tally(await everywhere(webs, session.accessToken)), { 200: 8 });
  await how();
  const answers = await everywhere(webs, session.accessToken);
  assert.deepEqual(tally(answers), { 401: 8 });
  assert.deepEqual([...new Set(answers.map((res) => res.json.code))], ['SESSION_INVALID']);
  for (const each of webs) assertProblem(await refresh(each, session.refreshToken), 401, 'SESSION_INVALID', 'Invalid session');
}

/** Makes somebody's sessions begin earlier. */
function older(stack, session, hours) {
  stack.sql(`UPDATE session SET created_us = created_us - ${hours * 3600}000000 WHERE subject = '${session.subject}'`);
}

/** The time before which all sessions have been ended. */
function epoch(stack, us) {
  if (us !== undefined) stack.sql(`UPDATE realm SET sessions_valid_from_us = ${us}`);
  return Number(stack.sql('SELECT sessions_valid_from_us FROM realm')[0][0]);
}

const seconds = (ms) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

through({}, (web, stack) => {
  it('a cookie got here works behind the other web server', async () => {
    const { browser, sessionId } = await web.signIn();
    const there = browser.at(web.other.port);
    assert.equal(assertOk(await there.get('/api/auth/status')).sessionId, sessionId);
    assertOk(await there.post('/api/auth/refresh'));
    assertOk(await browser.get('/api/auth/sessions'));
  });

  it('A-7.4.1 a session got here and logged out there is dead in every worker', async () => {
    const session = await web.signIn();
    await cutOff(web, session, async () => {
      assertOk(await session.browser.at(web.other.port).post('/api/auth/logout'));
    });
  });

  it('A-7.4.1 a device cut off through the other web server is off in every worker', async () => {
    const lost = await web.signIn();
    const here = await web.other.signIn({ email: lost.email, register: false });
    await cutOff(web, lost, async () => {
      assertOk(await here.browser.delete(`/api/auth/sessions/${lost.sessionId}`));
    });
    assertOk(await status(web, here.accessToken));
  });

  it('A-7.4.1 revoking others and all reaches every worker', async () => {
    const lost = await web.signIn();
    const here = await web.other.signIn({ email: lost.email, register: false });
    await cutOff(web, lost, async () => {
      assertOk(await here.browser.delete('/api/auth/sessions/others'));
    });
    await cutOff(web, here, async () => {
      assertOk(await here.browser.delete('/api/auth/sessions'));
    });
  });

  it('A-7.4.2 disabling an account ends its sessions in every worker', async () => {
    const session = await web.signIn();
    await cutOff(web, session, () => stack.ctl('user', 'disable', session.email));
    stack.ctl('user', 'enable', session.email);
    assertProblem(await status(web, session.accessToken), 401, 'SESSION_INVALID');
    assertOk((await web.signIn({ email: session.email, register: false })).login);
  });

  it('A-7.4.5 gatehousectl ends one user\'s sessions in every worker', async () => {
    const session = await web.signIn();
    const stranger = await web.signIn();
    await cutOff(web, session, () => stack.ctl('session', 'revoke', '--user', session.email));
    assertOk(await status(web, stranger.accessToken));
  });

  it('A-7.4.5 gatehousectl ends all that began before a time, in one write', async () => {
    epoch(stack, 0);
    const old = await web.signIn();
    older(stack, old, 1);
    const young = await web.signIn();
    await cutOff(web, old, () => stack.ctl('session', 'revoke', '--before', seconds(Date.now() - 1800e3)));
    assertOk(await status(web, young.accessToken));
    assertOk(await refresh(web, young.refreshToken));
    assert.deepEqual(assertOk(await young.browser.get('/api/auth/sessions')).map((s) => s.id), [young.sessionId]);
    const back = await web.signIn({ email: old.email, register: false });
    assert.deepEqual(assertOk(await back.browser.get('/api/auth/sessions')).map((s) => s.id), [back.sessionId]);
  });

  it('A-7.4.5 an earlier time does not bring ended sessions back', async () => {
    epoch(stack, 0);
    const session = await web.signIn();
    older(stack, session, 2);
    await cutOff(web, session, () => stack.ctl('session', 'revoke', '--before', seconds(Date.now() - 3600e3)));
    stack.ctl('session', 'revoke', '--before', seconds(Date.now() - 10800e3));
    assertProblem(await status(web, session.accessToken), 401, 'SESSION_INVALID');
  });

  it('A-7.4.5 gatehousectl ends all; who signs in afterwards is in', async () => {
    const session = await web.signIn();
    await cutOff(web, session, () => stack.ctl('session', 'revoke', '--all'));
    const back = await web.signIn({ email: session.email, register: false });
    assertOk(await status(web, back.accessToken));
    assertOk(await status(web.other, back.accessToken));
    assert.equal(assertOk(await back.browser.delete('/api/auth/sessions/others')).count, 0, 'what is over is not ended again');
  });

  it('a time to come ends no session that begins later', async () => {
    const session = await web.signIn();
    await cutOff(web, session, () => stack.ctl('session', 'revoke', '--before', seconds(Date.now() + 86400e3)));
    assert.ok(epoch(stack) <= Date.now() * 1000);
    const back = await web.signIn({ email: session.email, register: false });
    assertOk(await status(web, back.accessToken));
  });

  it('one access token can be revoked: it is dead everywhere, the session goes on', async () => {
    const session = await web.signIn();
    const other = assertOk(await refresh(web, session.refreshToken));
    const [{ key }] = stack.ctlRows('api-key', 'create', `cut-off ${web.name}`);
    await everywhere([web, web.other], session.accessToken);
    assertOk(await web.request('POST', '/api/auth/revoke', { headers: bearer(key), json: { token: session.accessToken } }));
    const answers = await everywhere([web, web.other], session.accessToken);
    assert.deepEqual(tally(answers), { 401: 8 });
    for (const res of answers) assertProblem(res, 401, 'ACCESS_TOKEN_INVALID', 'Invalid access token');
    assertOk(await status(web, other.accessToken));
    assertOk(await refresh(web, session.refreshToken));
    const [[jti, expires]] = stack.sql(`SELECT LOWER(HEX(jti)), expires_us FROM token_revocation WHERE jti = UNHEX('${claimsOf(session.accessToken).jti.replaceAll('-', '')}')`);
    assert.ok(jti);
    assert.ok(Number(expires) >= claimsOf(session.accessToken).exp * 1e6, 'kept as long as the token would live');
  });

  it('A-7.4.1 revoked stays revoked after a restart of the workers, live stays live', async () => {
    const gone = await web.signIn();
    const token = await web.signIn();
    const live = await web.signIn();
    const [{ key }] = stack.ctlRows('api-key', 'create', `restart ${web.name}`);
    assertOk(await gone.browser.post('/api/auth/logout'));
    assertOk(await web.request('POST', '/api/auth/revoke', { headers: bearer(key), json: { token: token.accessToken } }));
    if (web.name === 'lighttpd') await stack.restartPool();
    else await stack.restartWeb(web.name);
    assertProblem(await status(web, gone.accessToken), 401, 'SESSION_INVALID');
    assertProblem(await refresh(web, gone.refreshToken), 401, 'SESSION_INVALID');
    assertProblem(await status(web, token.accessToken), 401, 'ACCESS_TOKEN_INVALID');
    assertOk(await status(web, live.accessToken));
    assertOk(await refresh(web, live.refreshToken));
    assertOk(await live.browser.get('/api/auth/sessions'));
  });

  it('a refresh that races with the revocation cannot bring the session back', async () => {
    const session = await web.signIn();
    const first = assertOk(await refresh(web, session.refreshToken));
    const [, ...answers] = await Promise.all([
      session.browser.delete(`/api/auth/sessions/${session.sessionId}`),
      ...Array.from({ length: 8 }, (_, i) => refresh(i % 2 ? web : web.other, first.refreshToken)),
    ]);
    for (const res of answers.filter((r) => r.status === 200)) {
      assertProblem(await status(web, res.json.accessToken), 401, 'SESSION_INVALID');
      assertProblem(await refresh(web, res.json.refreshToken), 401, 'SESSION_INVALID');
    }
    assert.deepEqual(auditOf(stack, 'token.reuse', { session: session.sessionId }), []);
  });
});
