// SPDX-License-Identifier: MIT
// The checklist of sessions: a test a row, read as the product decides them.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { through } from './lib/stack.mjs';
import {
  assertOk, assertProblem, bearer, chrome, firefox, move, pastOverlap, refresh, rfc3339, sessionRow, status, uuid, withoutInstance,
} from './lib/checks.mjs';

const phone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
const pad = 'Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1';
const unknown = '01938f6e-0000-7000-8000-00000000000a';

through({}, (web, stack) => {
  const again = (who, options) => web.signIn({ email: who.email, register: false, ...options });
  const list = async (who, path = '/api/auth/sessions') => assertOk(await web.request('GET', path, { headers: bearer(who.accessToken) }));
  const end = (who, id, path = '/api/auth/sessions') => web.request('DELETE', `${path}/${id}`, { headers: bearer(who.accessToken) });
  const dead = async (...tokens) => {
    for (const { accessToken, refreshToken } of tokens) {
      for (const each of [web, web.other]) assertProblem(await status(each, accessToken), 401, 'SESSION_INVALID', 'Invalid session');
      assertProblem(await refresh(web, refreshToken), 401, 'SESSION_INVALID', 'Invalid session');
    }
  };

  it('SES-1 SES-2 SA-20 the list, by every name, has a person\'s devices, last used first', async () => {
    const who = await web.signIn({ userAgent: chrome });
    const mobile = await again(who, { userAgent: phone });
    move(stack, who.sessionId, { active_us: -3600, created_us: -3600 });
    const rows = await list(mobile);
    assert.deepEqual(rows.map((s) => s.id), [mobile.sessionId, who.sessionId]);
    for (const s of rows) {
      assert.match(s.id, uuid);
      for (const name of ['createdAt', 'lastActiveAt', 'expiresAt']) assert.match(s[name], rfc3339);
      assert.deepEqual([s.ipAddress, s.location], ['127.0.0.1', null]);
    }
    for (const path of ['/api/auth/session', '/api/users/me/sessions']) assert.deepEqual(await list(mobile, path), rows);
  });

  it('SES-3 neither list nor revocation opens without a token', async () => {
    for (const [method, path] of [['GET', '/api/auth/session'], ['GET', '/api/users/me/sessions'], ['DELETE', '/api/users/me/sessions'], ['DELETE', `/api/users/me/sessions/${unknown}`]]) {
      assertProblem(await web.request(method, path), 401, 'AUTHENTICATION_REQUIRED');
    }
  });

  it('A-10.4.9 SES-4 SES-5 SES-6 SES-7 SA-25 ending one ends every token of it at once, and the other goes on', async () => {
    const who = await web.signIn();
    const b = await again(who);
    const b1 = assertOk(await refresh(web, b.refreshToken));
    const b2 = assertOk(await refresh(web, b1.refreshToken));
    for (const one of [b, b1, b2]) assertOk(await status(web, one.accessToken));
    assertOk(await end(who, b.sessionId, web.name === 'apache' ? '/api/users/me/sessions' : '/api/auth/sessions'));
    await dead(b, b1, b2);
    assert.deepEqual((await list(who)).map((s) => s.id), [who.sessionId]);
    const victim = await b.browser.get('/api/auth/sessions');
    assert.equal(victim.status, 401);
    assert.ok(victim.cookies.some((c) => c.name === 'access_token' && c.attributes['max-age'] === '0'), 'the victim\'s cookies are cleared');
  });

  it('SES-8 SES-9 SA-26 SA-28 A-8.2.2 a foreign, unknown, ended or malformed id is 404, all alike, and nothing changes', async () => {
    const [ann, bob] = [await web.signIn(), await web.signIn()];
    const ended = await again(ann);
    assertOk(await end(ann, ended.sessionId));
    const answers = [];
    for (const id of [bob.sessionId, unknown, ended.sessionId, 'no-uuid']) answers.push(await end(ann, id));
    for (const res of answers) {
      assertProblem(res, 404, 'NOT_FOUND');
      assert.deepEqual(withoutInstance(res), withoutInstance(answers[0]));
    }
    assertOk(await status(web, bob.accessToken));
    assertOk(await refresh(web, bob.refreshToken));
  });

  it('SES-10 SES-12 ending all ends all of one person\'s, clears six cookies, and leaves others alone', async () => {
    const [ann, bob] = [await web.signIn(), await web.signIn()];
    const second = await again(ann);
    const res = await ann.browser.delete('/api/users/me/sessions');
    assertOk(res);
    assert.equal(res.cookies.filter((c) => c.attributes['max-age'] === '0').length, 6);
    await dead(ann, second);
    assertOk(await status(web, bob.accessToken));
    assert.deepEqual((await list(bob)).map((s) => s.id), [bob.sessionId]);
  });

  it('SES-11 SA-27 ending one\'s own session ends it and clears its cookies', async () => {
    const who = await web.signIn();
    const res = await who.browser.delete(`/api/auth/sessions/${who.sessionId}`);
    assertOk(res);
    assert.ok(res.cookies.some((c) => c.name === 'access_token' && c.attributes['max-age'] === '0'));
    await dead(who);
  });

  it('SES-15 what has expired is not listed', async () => {
    const who = await web.signIn();
    const old = await again(who);
    move(stack, old.sessionId, { created_us: -8e6, active_us: -8e6, expires_us: -8e6 });
    assert.deepEqual((await list(who)).map((s) => s.id), [who.sessionId]);
  });

  it('SA-21 devices are told by their User-Agent', async () => {
    for (const [userAgent, browser, os, type] of [[chrome, /^Chrome/, /^Windows/, 'desktop'], [phone, /^Mobile Safari/, /^iOS/, 'mobile'], [pad, /Safari/, /^iOS/, 'tablet'], [firefox, /^Firefox/, /^Linux/, 'desktop'], ['nobody knows', /^Unknown$/, /^Unknown$/, 'other']]) {
      const [s] = await list(await web.signIn({ userAgent }));
      assert.match(s.browser, browser);
      assert.match(s.os, os);
      assert.equal(s.deviceType, type);
    }
  });

  it('SA-22 each device sees itself, and only itself, as the current one', async () => {
    const who = await web.signIn();
    const other = await again(who);
    for (const one of [who, other]) assert.deepEqual((await list(one)).filter((s) => s.current).map((s) => s.id), [one.sessionId]);
  });

  it('SA-23 use is stamped after a minute, and not before', async () => {
    const who = await web.signIn();
    const stamp = () => Number(sessionRow(stack, who.sessionId, 'active_us')[0]);
    move(stack, who.sessionId, { active_us: -30, created_us: -300 });
    const before = stamp();
    await list(who);
    await list(who);
    assert.equal(stamp(), before);
    move(stack, who.sessionId, { active_us: -60 });
    await list(who);
    await list(who);
    assert.ok(stamp() > before);
  });

  it('SA-24 a list never holds another person\'s session', async () => {
    const [ann, bob] = [await web.signIn(), await web.signIn()];
    assert.ok((await list(ann)).every((s) => s.id !== bob.sessionId));
  });

  it('SA-29 A-7.5.2 ending the others counts them, once, and the caller stays', async () => {
    const who = await web.signIn();
    const others = [await again(who), await again(who)];
    const call = () => web.request('DELETE', '/api/auth/sessions/others', { headers: bearer(who.accessToken) });
    assert.deepEqual(assertOk(await call()), { success: true, count: 2 });
    assert.deepEqual(assertOk(await call()), { success: true, count: 0 });
    assertOk(await status(web, who.accessToken));
    await dead(...others);
  });

  it('SA-33 "Invalid session" is told of what was revoked, and its cookies are cleared', async () => {
    const who = await web.signIn();
    stack.ctl('session', 'revoke', '--user', who.email);
    const res = await who.browser.get('/api/auth/sessions');
    assertProblem(res, 401, 'SESSION_INVALID', 'Invalid session');
    assert.ok(res.cookies.some((c) => c.name === 'access_token' && c.attributes['max-age'] === '0'));
  });

  it('SA-34 a signing key that is withdrawn takes its tokens, not the sessions, along', async () => {
    const who = await web.signIn();
    stack.ctl('keys', 'revoke', stack.sql('SELECT kid FROM signing_key WHERE revoked_us = 0 AND retired_us = 0 ORDER BY active_us DESC LIMIT 1')[0][0]);
    assert.equal((await status(web, who.accessToken)).status, 401);
    const next = assertOk(await refresh(web, who.refreshToken));
    assert.deepEqual((await list(next)).map((s) => s.id), [who.sessionId]);
    assertOk((await again(who)).login);
    pastOverlap(stack, who.sessionId);
  });
});

through({ name: 'with an inactivity limit', config: { sessions: { inactivity: 3600 } } }, (web, stack) => {
  it('SA-32 A-7.3.1 "Session expired" is told of what was idle too long; use puts the end off; it is not listed', async () => {
    const who = await web.signIn();
    const idle = await web.signIn({ email: who.email, register: false });
    move(stack, idle.sessionId, { active_us: -3700, created_us: -3700 });
    const res = await idle.browser.get('/api/auth/sessions');
    assertProblem(res, 401, 'SESSION_EXPIRED', 'Session expired');
    assert.ok(res.cookies.some((c) => c.name === 'access_token' && c.attributes['max-age'] === '0'));
    assert.deepEqual(assertOk(await web.request('GET', '/api/auth/sessions', { headers: bearer(who.accessToken) })).map((s) => s.id), [who.sessionId]);
    for (let i = 0; i < 3; i += 1) {
      move(stack, who.sessionId, { active_us: -3000, created_us: -3000 });
      assertOk(await status(web, who.accessToken));
      await status(web, who.accessToken);
    }
  });
});
