// SPDX-License-Identifier: MIT
// What wants a fresh proof: new password, new address, the end of an account.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertInvalid, assertOk, assertProblem, auditOf, bearer, bin, refresh, status, tally, together } from './lib/checks.mjs';

const password = 'a long enough phrase';
const fresh = 'another phrase altogether';
const address = () => `${Math.random().toString(36).slice(2)}@example.org`;
const paths = [['PUT', '/api/users/me/password'], ['POST', '/api/users/me/password'], ['POST', '/api/users/password']];

/** Calls of somebody who has just proved to be there. */
function callers(web) {
  const login = (email, pass) => web.request('POST', '/api/auth/login', { json: { email, password: pass } });
  const me = (session) => web.request('GET', '/api/users/me', { headers: bearer(session.accessToken) });
  /** A session with its step-up token in `proof`. */
  const proved = async (options = {}) => {
    const session = await web.signIn(options);
    const res = await web.request('POST', '/api/auth/step-up', { headers: bearer(session.accessToken), json: { password: session.password } });
    return { ...session, proof: assertOk(res).stepUpToken };
  };
  const call = (session, method, path, json) => web.request(method, path, { json, headers: { ...bearer(session.accessToken), 'X-Step-Up-Token': session.proof } });
  const change = (session, oldPassword, newPassword, [method, path] = paths[0]) => call(session, method, path, { oldPassword, newPassword });
  const move = (session, newEmail) => call(session, 'PUT', '/api/users/me/email', { newEmail });
  return { login, me, proved, call, change, move };
}

through({ sink: {}, config: { two_factor: { email_default: 'no' }, mail: { cooldown: 1 } } }, (web, stack) => {
  const { login, me, proved, call, change, move } = callers(web);
  const pastCooldown = () => stack.sql('UPDATE throttle SET window_end_us = 0');
  const tokenOf = async (to, kind) => new URL((await stack.sink.waitFor({ to, kind })).links.find((l) => l.includes('token='))).searchParams.get('token');
  const verify = (token) => web.request('POST', '/api/auth/email/verification', { json: { token } });

  describe('a new password', () => {
    for (const path of paths) {
      it(`PRO-5 A-6.2.2 A-6.3.7 A-7.5.1 ${path.join(' ')} sets it, keeps this session, ends the others and tells the owner`, async () => {
        const here = await proved();
        const there = await web.signIn({ email: here.email, register: false });
        const person = assertOk(await change(here, password, fresh, path));
        assert.deepEqual([person.id, person.email], [here.subject, here.email]);
        assertProblem(await status(web, there.accessToken), 401, 'SESSION_INVALID');
        assertProblem(await refresh(web, there.refreshToken), 401, 'SESSION_INVALID');
        assert.equal((await status(web, here.accessToken)).status, 401);
        const next = assertOk(await refresh(web, here.refreshToken));
        assertOk(await status(web, next.accessToken));
        assertProblem(await login(here.email, password), 401, 'INVALID_CREDENTIALS');
        assertOk(await login(here.email, fresh));
        await stack.sink.waitFor({ to: here.email, kind: 'password-changed' });
        assert.equal(auditOf(stack, 'account.password_changed', { subject: here.subject }).length, 1);
      });
    }

    it('A-6.2.3 needs the old one, and guesses at it are throttled like a sign-in', async () => {
      const session = await proved();
      for (let i = 0; i < 10; i += 1) assertProblem(await change(session, `wrong guess ${i}`, fresh), 401, 'INVALID_CREDENTIALS', 'Invalid credentials');
      assertProblem(await change(session, 'wrong guess', fresh), 429, 'TOO_MANY_REQUESTS');
      assertProblem(await change(session, password, fresh), 429, 'TOO_MANY_REQUESTS');
      assertOk(await login(session.email, password));
      pastCooldown();
      assertOk(await change(session, password, fresh));
    });

    for (const [json, field, code] of [
      [{ newPassword: fresh }, 'oldPassword', 'MISSING'], [{ oldPassword: password }, 'newPassword', 'MISSING'],
      [{ oldPassword: password, newPassword: 'short' }, 'newPassword', 'PASSWORD_TOO_SHORT'],
      [{ oldPassword: password, newPassword: 'password123' }, 'newPassword', 'PASSWORD_COMMON'],
      [{ oldPassword: password, newPassword: 'x'.repeat(1025) }, 'newPassword', 'TOO_LONG'],
      [{ oldPassword: password, newPassword: 12345678 }, 'newPassword', 'WRONG_TYPE'],
    ]) {
      it(`PRO-5 is refused: ${JSON.stringify(json).slice(0, 70)}`, async () => {
        const session = await proved();
        assertInvalid(await call(session, ...paths[0], json), field, code);
        assertOk(await login(session.email, password));
      });
    }

    it('a step-up token of another session is none', async () => {
      const [mine, other] = [await proved(), await proved()];
      assertProblem(await change({ ...mine, proof: other.proof }, password, fresh), 401, 'STEP_UP_TOKEN_INVALID');
    });

    it('F34 no session that was begun with the old password outlives the change', async () => {
      const session = await proved();
      const both = await Promise.all([change(session, password, fresh), together(12, () => login(session.email, password)), refresh(web, session.refreshToken)]);
      assertOk(both[0]);
      for (const res of both[1]) {
        if (res.status === 200) assert.equal((await refresh(web, res.json.refreshToken)).status, 401);
        else assert.ok([401, 429, 503].includes(res.status), res.text);
      }
      const live = stack.sql(`SELECT LOWER(HEX(id)) FROM session WHERE account_id = ${bin(session.subject)} AND revoked_us = 0`).flat();
      assert.deepEqual(live, [session.sessionId.replaceAll('-', '')]);
    });

    it('F34 of two changes at once one wins', async () => {
      const session = await proved();
      const answers = await together(2, (i) => change(session, password, `${fresh} ${i}`));
      const won = answers.findIndex((res) => res.status === 200);
      assert.equal(tally(answers)[200], 1, JSON.stringify(tally(answers)));
      assertOk(await login(session.email, `${fresh} ${won}`));
    });
  });

  describe('a new address', () => {
    it('PRO-2 A-6.3.7 counts once the link in the new mailbox has been used, and the old one is told', async () => {
      const session = await proved();
      const newEmail = address();
      assert.deepEqual(assertOk(await move(session, newEmail)), { verificationRequired: true, cooldown: 1 });
      assert.equal(assertOk(await me(session)).email, session.email);
      const token = await tokenOf(newEmail, 'change-email');
      const person = assertOk(await verify(token));
      assert.deepEqual([person.email, person.emailVerified], [newEmail, true]);
      const told = await stack.sink.waitFor({ to: session.email, kind: 'email-changed' });
      assert.ok(told.text.includes(newEmail));
      assert.equal((await status(web, session.accessToken)).status, 401);
      assertOk(await refresh(web, session.refreshToken));
      assertOk(await login(newEmail, password));
      assertProblem(await login(session.email, password), 401, 'INVALID_CREDENTIALS');
      assertProblem(await verify(token), 401, 'EMAIL_VERIFICATION_TOKEN_INVALID');
    });

    it('PRO-4 A-6.3.8 a taken one gets the same answer, no link, and its owner is told', async () => {
      const [session, owner] = [await proved(), await web.signIn()];
      await tokenOf(owner.email, 'verify-email');
      const [taken, free] = [await move(session, owner.email), await move(session, address())];
      assert.deepEqual([taken.status, taken.text], [200, free.text]);
      const message = await stack.sink.waitFor({ to: owner.email });
      assert.equal(message.kind, 'registered-known');
      assert.ok(!/token=/.test(message.text));
    });

    it('PRO-4 of two that are promised the same one gets it', async () => {
      const pair = [await proved(), await proved()];
      const newEmail = address();
      const tokens = [];
      for (const session of pair) {
        pastCooldown();
        assertOk(await move(session, newEmail));
        tokens.push(await tokenOf(newEmail, 'change-email'));
      }
      const answers = await together(2, (i) => verify(tokens[i]));
      assert.deepEqual(tally(answers), { 200: 1, 409: 1 });
      assertProblem(answers.find((res) => res.status === 409), 409, 'EMAIL_TAKEN');
    });

    it('the link dies with a new password, and one for the old mailbox with the new address', async () => {
      const session = await proved();
      const newEmail = address();
      assertOk(await move(session, newEmail));
      const first = await tokenOf(newEmail, 'change-email');
      assertOk(await change(session, password, fresh));
      assertProblem(await verify(first), 401, 'EMAIL_VERIFICATION_TOKEN_INVALID');
      const again = await proved({ email: session.email, password: fresh, register: false });
      pastCooldown();
      assertOk(await web.request('POST', '/api/auth/password/reset-request', { json: { email: session.email } }));
      const reset = await tokenOf(session.email, 'password-reset');
      assertOk(await move(again, newEmail));
      assertOk(await verify(await tokenOf(newEmail, 'change-email')));
      assertProblem(await web.request('POST', '/api/auth/password/reset', { json: { token: reset, newPassword: password } }), 401, 'PASSWORD_RESET_TOKEN_INVALID');
    });

    it('PRO-2 one that is none is refused, and too many are', async () => {
      const session = await proved();
      for (const text of ['no address', '@example.org', 'a@b@example.org', 'a@example']) assertInvalid(await move(session, text), 'newEmail', 'EMAIL_INVALID');
      const same = address();
      assertOk(await move(session, same));
      assertProblem(await move(session, same), 429, 'EMAIL_COOLDOWN_ACTIVE');
      const answers = [];
      for (let i = 0; i < 10; i += 1) answers.push((await move(session, address())).status);
      assert.equal(answers.at(-1), 429);
    });
  });

  describe('the end of an account', () => {
    const tables = ['session', 'challenge', 'totp', 'recovery_code', 'trusted_device', 'account_country', 'account_group', 'account_role', 'outbox'];
    const left = (subject) => tables.map((name) => `${name} ${stack.sql(`SELECT COUNT(*) FROM ${name} WHERE account_id = ${bin(subject)}`)[0][0]}`).filter((row) => !row.endsWith(' 0'));

    it('PRO-6 REF-9 A-7.4.2 ends every token and clears every cookie', async () => {
      const here = await proved();
      const there = await web.signIn({ email: here.email, register: false });
      const res = await call(here, 'DELETE', '/api/users/me');
      assert.deepEqual(assertOk(res), { success: true });
      for (const name of ['access_token', 'refresh_token', 'step_up_token']) assert.equal(res.cookies.find((c) => c.name === name).attributes['max-age'], '0');
      for (const s of [here, there]) {
        assertProblem(await status(web, s.accessToken), 401, 'SESSION_INVALID');
        assertProblem(await refresh(web, s.refreshToken), 401, 'SESSION_INVALID');
      }
      assertProblem(await login(here.email, password), 401, 'INVALID_CREDENTIALS');
      assert.deepEqual(left(here.subject), []);
      assertOk(await web.request('POST', '/api/auth/register', { json: { email: here.email, password, name: 'Bo' } }));
    });

    it('PRO-6 the audit stays, but not whose it was', async () => {
      const session = await proved();
      const tail = session.sessionId.replaceAll('-', '');
      const before = stack.sql(`SELECT COUNT(*) FROM event WHERE subject = '${session.subject}'`)[0][0];
      assert.ok(Number(before) > 0);
      assertOk(await call(session, 'DELETE', '/api/users/me'));
      assert.equal(stack.sql(`SELECT COUNT(*) FROM event WHERE subject = '${session.subject}'`)[0][0], '0');
      const rows = stack.sql(`SELECT subject, user_agent, HEX(ip), detail FROM event WHERE session_id = UNHEX('${tail}')`);
      for (const [, agent, , detail] of rows) assert.deepEqual([agent, detail], ['', '{}']);
    });

    it('PRO-6 the last administrator stays', async () => {
      const session = await proved();
      stack.ctl('role', 'grant', session.email, 'ADMIN');
      const again = await proved({ email: session.email, register: false });
      assertProblem(await call(again, 'DELETE', '/api/users/me'), 409, 'AT_LEAST_ONE_ADMIN_REQUIRED');
      assertOk(await login(session.email, password));
      stack.sql(`DELETE FROM account_role WHERE account_id = ${bin(session.subject)} AND role = 'ADMIN'`);
    });

    it('F36 beside sign-ins and refreshes nothing is left over and nothing opens', async () => {
      const session = await proved();
      const [gone, ...others] = await Promise.all([call(session, 'DELETE', '/api/users/me'),
        ...Array.from({ length: 6 }, () => login(session.email, password)), ...Array.from({ length: 6 }, () => refresh(web, session.refreshToken))]);
      assertOk(gone);
      for (const res of others) {
        assert.ok([200, 401, 503].includes(res.status), res.text);
        if (res.status !== 200) continue;
        assert.equal((await status(web, res.json.accessToken)).status, 401);
        assert.equal((await refresh(web, res.json.refreshToken)).status, 401);
      }
      assert.deepEqual(left(session.subject), []);
      assert.equal(stack.sql(`SELECT COUNT(*) FROM session WHERE subject = '${session.subject}'`)[0][0], '0');
    });
  });
});

through({ config: { mail: { transport: 'none' } }, name: 'without mail' }, (web) => {
  const { login, me, proved, move } = callers(web);

  it('PRO-3 the address changes at once, and counts as unverified', async () => {
    const session = await proved();
    const newEmail = address();
    assert.deepEqual(assertOk(await move(session, newEmail)), { verificationRequired: false, cooldown: 0 });
    const next = { accessToken: assertOk(await refresh(web, session.refreshToken)).accessToken };
    const { email, emailVerified } = assertOk(await me(next));
    assert.deepEqual([email, emailVerified], [newEmail, false]);
    assertOk(await login(newEmail, password));
  });

  it('PRO-4 a taken one is refused', async () => {
    const [session, owner] = [await proved(), await web.signIn()];
    assertProblem(await move(session, owner.email.toUpperCase()), 409, 'EMAIL_TAKEN');
  });
});
