// SPDX-License-Identifier: MIT
// Guests: begun, refreshed, made users, and gone again.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { admin, caller } from './lib/admins.mjs';
import { as, half, pass } from './lib/factors.mjs';
import {
  assertInvalid, assertOk, assertProblem, auditOf, bin, claimsOf, move, refresh, status, together, uuid,
} from './lib/checks.mjs';

const email = () => `${Math.random().toString(36).slice(2)}@example.org`;
const password = 'a long enough phrase';

/** A guest with a browser of his own, as signIn gives users. */
async function guest(web, name = 'Visitor') {
  const browser = web.browser();
  const begun = await browser.post('/api/guests', { name });
  const { accessToken, refreshToken, sessionId, user } = assertOk(begun);
  return caller(web, { browser, begun, accessToken, refreshToken, sessionId, subject: user.id });
}

const convert = (person, json = { email: email(), password }) => person.call('POST', '/api/guests/convert-to-user', json);

through({ config: { accounts: { guests: 'yes', guest_limit: 100000 }, step_up: { admin: 'no' }, mail: { transport: 'none' } } }, (web, stack) => {
  describe('a guest', () => {
    it('GUE-1 begins with a name, cookies and the role GUEST alone', async () => {
      const { begun, accessToken, subject, browser } = await guest(web);
      assert.match(subject, uuid);
      assert.deepEqual([begun.json.user.name, begun.json.user.roles, begun.json.user.groups], ['Visitor', ['GUEST'], []]);
      const claims = claimsOf(accessToken);
      assert.deepEqual([claims.sub, claims.roles], [subject, ['GUEST']]);
      assert.ok(!claims.amr.includes('pwd'));
      assertOk(await browser.get('/api/auth/status'));
      assert.equal(auditOf(stack, 'guest.created', { subject }).length, 1);
    });

    it('GUE-1 who is signed in gets no second session', async () => {
      for (const person of [await guest(web), await web.signIn()]) {
        assertProblem(await person.browser.post('/api/guests', { name: 'x' }), 409, 'ALREADY_AUTHENTICATED');
        assertOk(await status(web, person.accessToken));
      }
    });

    for (const [json, field, code] of [[{ name: 'a\nb' }, 'name', 'CONTROL_CHARACTER'], [{ name: 7 }, 'name', 'WRONG_TYPE'], [{ name: 'x', roles: ['ADMIN'] }, 'roles', 'UNKNOWN_FIELD'],
      [{ name: 'x', id: 'y' }, 'id', 'UNKNOWN_FIELD']]) {
      it(`A-8.2.3 is not made from ${JSON.stringify(json)}`, async () => {
        assertInvalid(await web.browser().post('/api/guests', json), field, code);
      });
    }

    it('REF-11 refreshes and stays a guest', async () => {
      const person = await guest(web);
      const next = assertOk(await refresh(web, person.refreshToken));
      assert.deepEqual(next.principal.roles, ['GUEST']);
      assertOk(await status(web.other, next.accessToken));
    });

    it('SES-14 lists and ends sessions', async () => {
      const person = await guest(web);
      const list = assertOk(await person.call('GET', '/api/auth/sessions'));
      assert.deepEqual(list.map((s) => s.id), [person.sessionId]);
      assertOk(await person.call('DELETE', `/api/auth/sessions/${person.sessionId}`));
      assertProblem(await status(web, person.accessToken), 401, 'SESSION_INVALID');
    });

    it('ROL-2 cannot become an administrator or a member', async () => {
      const root = await admin(web, stack);
      const person = await guest(web);
      const key = `g${Math.random().toString(36).slice(2)}`;
      stack.ctl('group', 'create', key);
      assertProblem(await root.call('POST', `/api/admins/${person.subject}`), 400, 'GUEST_CANNOT_PERFORM_THIS_ACTION');
      assertProblem(await root.call('POST', `/api/groups/${key}/members/${person.subject}`), 400, 'GUEST_CANNOT_PERFORM_THIS_ACTION');
      assertOk(await status(web, person.accessToken));
    });
  });

  describe('conversion', () => {
    it('GUE-2 keeps id and session, gives the role USER, and ends older access tokens', async () => {
      const person = await guest(web);
      const address = email();
      const next = assertOk(await convert(person, { email: address, password }));
      assert.deepEqual([next.user.id, next.user.roles, next.user.email, next.sessionId], [person.subject, ['USER'], address, person.sessionId]);
      assertProblem(await status(web, person.accessToken), 401, 'ACCESS_TOKEN_EXPIRED');
      assertOk(await status(web.other, next.accessToken));
      assert.deepEqual(claimsOf(assertOk(await refresh(web, next.refreshToken)).accessToken).roles, ['USER']);
      assert.equal((await web.signIn({ email: address, password, register: false })).subject, person.subject);
      assert.equal(auditOf(stack, 'guest.converted', { subject: person.subject }).length, 1);
    });

    it('GUE-2 is for guests only', async () => {
      const person = caller(web, await web.signIn());
      assertProblem(await convert(person), 409, 'GUEST_IS_ALREADY_USER');
      assertProblem(await web.request('POST', '/api/guests/convert-to-user', { json: { email: email(), password } }), 401, 'AUTHENTICATION_REQUIRED');
    });

    it('GUE-2 of two at the same time one wins, and nothing is half done', async () => {
      const person = await guest(web);
      const answers = await together(3, () => convert(person));
      assert.equal(answers.filter((res) => res.status === 200).length, 1, answers.map((r) => r.text).join('\n'));
      for (const res of answers.filter((r) => r.status !== 200)) assert.ok([401, 409].includes(res.status), res.text);
      assert.deepEqual(stack.sql(`SELECT role FROM account_role WHERE account_id = ${bin(person.subject)}`), [['USER']]);
    });

    it('GUE-2 without mail a taken address is refused, and the guest stays one', async () => {
      const person = await guest(web);
      const taken = await web.signIn();
      assertProblem(await convert(person, { email: taken.email, password }), 409, 'GUEST_EMAIL_TAKEN');
      assertOk(await status(web, person.accessToken));
      assert.deepEqual(assertOk(await refresh(web, person.refreshToken)).principal.roles, ['GUEST']);
    });

    for (const [json, field, code] of [[{ email: 'nobody', password }, 'email', 'EMAIL_INVALID'], [{ email: 'a@example.org', password: 'short' }, 'password', 'PASSWORD_TOO_SHORT'],
      [{ email: 'a@example.org', password: 'password1' }, 'password', 'PASSWORD_COMMON'], [{ email: 'a@example.org', password, roles: ['ADMIN'] }, 'roles', 'UNKNOWN_FIELD']]) {
      it(`GUE-2 refuses ${JSON.stringify(json)}`, async () => {
        const person = await guest(web);
        assertInvalid(await convert(person, json), field, code);
        assertOk(await status(web, person.accessToken));
      });
    }
  });

  describe('the end', () => {
    it('a guest goes a while after the last session ended, and nobody else does', async () => {
      const [gone, live, user, fresh] = [await guest(web), await guest(web), await guest(web), await guest(web)];
      assertOk(await convert(user));
      const week = -8 * 86400;
      for (const person of [gone, live, user]) stack.sql(`UPDATE account SET created_us = created_us + ${week * 1e6} WHERE id = ${bin(person.subject)}`);
      for (const person of [gone, user]) move(stack, person.sessionId, { created_us: week - 7884000, active_us: week - 7884000, expires_us: week - 7884000 });
      assertOk(await fresh.browser.post('/api/auth/logout'));
      stack.ctl('purge');
      const there = (person) => stack.sql(`SELECT COUNT(*) FROM account WHERE id = ${bin(person.subject)}`)[0][0];
      assert.deepEqual([gone, live, user, fresh].map(there), ['0', '1', '1', '1']);
      assert.deepEqual(JSON.parse(auditOf(stack, 'account.deleted', { subject: gone.subject })[0].detail), { by: 'janitor' });
    });
  });
});

through({ name: 'with mail', sink: {}, config: { accounts: { guests: 'yes', guest_limit: 100000 }, mail: { cooldown: 1 } } }, (web, stack) => {
  it('GUE-2 a free and a taken address get the same answer; it counts once its mailbox has answered', async () => {
    const [one, two] = [await guest(web), await guest(web)];
    const taken = await web.signIn();
    const free = email();
    const answers = [await convert(one, { email: free, password }), await convert(two, { email: taken.email, password })];
    for (const res of answers) {
      assert.deepEqual([assertOk(res).user.roles, res.json.user.email], [['USER'], '']);
      assertOk(await status(web, res.json.accessToken));
    }
    assert.deepEqual(stack.sql(`SELECT COUNT(*) FROM account WHERE email_hash IS NULL AND id IN (${bin(one.subject)}, ${bin(two.subject)})`), [['2']]);
    stack.ctl('check');
    const link = await stack.sink.waitFor({ to: free });
    const [, token] = /[?#&]token=([^\s"&]+)/.exec(link.text ?? link.body ?? JSON.stringify(link));
    assertOk(await web.browser().post('/api/auth/email/verification', { token: decodeURIComponent(token) }));
    stack.sql(`DELETE FROM throttle`);
    const { token: attempt, res } = await half(web, { email: free, password });
    assert.deepEqual(res.json.twoFactorMethods, ['email']);
    const [code] = (await stack.sink.waitFor({ to: free, kind: 'factor-code' })).codes;
    const again = assertOk(await pass(web, attempt, { email: code }));
    assert.equal(again.user.id, one.subject);
    assert.deepEqual([claimsOf(again.accessToken).amr, claimsOf(again.accessToken).acr], [['pwd', 'otp', 'mfa'], '2']);
  });

  it('GUE-2 EMF-1 codes by mail are no factor before there is an address to mail them to', async () => {
    const person = await guest(web);
    const next = { ...person, ...assertOk(await convert(person)) };
    assert.equal(next.user.twoFactorAuthEnabled, false);
    assert.equal(assertOk(await as(web, next)('POST', '/api/auth/step-up', { password })).twoFactorRequired, false);
  });
});

through({ name: 'without guests', webs: ['lighttpd'], config: { mail: { transport: 'none' } } }, (web) => {
  it('GUE-1 there are none unless they are switched on', async () => {
    assertProblem(await web.browser().post('/api/guests', { name: 'x' }), 404, 'GUESTS_DISABLED');
  });
});

through({ name: 'with a limit', webs: ['lighttpd'], config: { accounts: { guests: 'yes', guest_limit: 3 } } }, (web) => {
  it('GUE-1 new guests of a network are limited', async () => {
    for (let i = 0; i < 3; i += 1) await guest(web);
    assertProblem(await web.browser().post('/api/guests', { name: 'x' }), 429, 'TOO_MANY_REQUESTS');
  });
});
