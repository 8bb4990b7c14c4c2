// SPDX-License-Identifier: MIT
// One session domain: what one face begins, another one sees and ends.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { assertOk, bearer, status } from './lib/checks.mjs';
import { assertStatus, createSession, refreshSession, throughCore, verifySession } from './lib/core.mjs';

throughCore({}, (core, web, stack) => {
  const devices = async (session) => assertOk(await web.request('GET', '/api/auth/sessions', { headers: bearer(session.accessToken) }));
  const mine = async (session) => (await devices(session)).map((s) => s.id);
  const handles = async (userId) => assertStatus(await core.get('/recipe/session/user', { userId })).sessionHandles;

  it('S20 a person sees the sessions of back ends among his own, and ends them', async () => {
    const person = await web.signIn();
    const s = await createSession(core, { userId: person.subject });
    assert.ok((await mine(person)).includes(s.session.handle));
    assert.equal((await web.request('DELETE', `/api/auth/sessions/${s.session.handle}`, { headers: bearer(person.accessToken) })).status < 300, true);
    assert.deepEqual(await mine(person), [person.sessionId]);
    assertStatus(await verifySession(core, s.accessToken.token, { checkDatabase: true }), 'UNAUTHORISED');
    assertStatus(await refreshSession(core, s.refreshToken.token), 'UNAUTHORISED');
  });

  it('S20 a back end sees a person\'s own sessions, and ends them', async () => {
    const person = await web.signIn();
    const s = await createSession(core, { userId: person.subject });
    assert.deepEqual((await handles(person.subject)).sort(), [person.sessionId, s.session.handle].sort());
    assertStatus(await core.post('/recipe/session/remove', { userId: person.subject }));
    assert.equal((await status(web, person.accessToken)).status, 401);
    assert.deepEqual(await handles(person.subject), []);
  });

  it('S20 nobody\'s sessions of a back end are another one\'s', async () => {
    const [person, other] = [await web.signIn(), await web.signIn()];
    const s = await createSession(core, { userId: person.subject });
    assert.deepEqual(await mine(other), [other.sessionId]);
    assert.equal((await web.request('DELETE', `/api/auth/sessions/${s.session.handle}`, { headers: bearer(other.accessToken) })).status, 404);
    assertStatus(await verifySession(core, s.accessToken.token, { checkDatabase: true }));
  });

  it('S20 no token of one face opens another', async () => {
    const person = await web.signIn();
    const s = await createSession(core, { userId: person.subject });
    assert.equal((await status(web, s.accessToken.token)).status, 401);
    assert.equal((await web.request('POST', '/api/auth/refresh', { headers: bearer(s.refreshToken.token) })).status, 401);
    assertStatus(await verifySession(core, person.accessToken), 'TRY_REFRESH_TOKEN');
    assertStatus(await refreshSession(core, person.refreshToken), 'UNAUTHORISED');
    assert.ok((await mine(person)).includes(s.session.handle));
  });

  it('S20 a session of a back end tells nothing of where its user is', async () => {
    const person = await web.signIn();
    const s = await createSession(core, { userId: person.subject });
    const [told] = (await devices(person)).filter((d) => d.id === s.session.handle);
    assert.deepEqual(
      [told.device, told.browser, told.os, told.deviceType, told.userAgent, told.ipAddress, told.location],
      ['Unknown browser', '', '', 'other', null, null, null],
    );
    assert.deepEqual((await devices(person)).filter((d) => d.current).map((d) => d.ipAddress), ['127.0.0.1']);
  });

  it('S20 ending by the address of a back end leaves the sessions it has begun', async () => {
    const person = await web.signIn();
    const s = await createSession(core, { userId: person.subject });
    const child = assertStatus(await refreshSession(core, s.refreshToken.token));
    assertStatus(await verifySession(core, child.accessToken.token));
    stack.ctl('session', 'revoke', '--ip', '127.0.0.1');
    assert.equal((await status(web, person.accessToken)).status, 401);
    assertStatus(await verifySession(core, child.accessToken.token, { checkDatabase: true }));
    for (const none of ['::', '0::0']) assert.equal(stack.ctlFails('session', 'revoke', '--ip', none).code, 1);
    assertStatus(await verifySession(core, child.accessToken.token, { checkDatabase: true }));
  });
});
