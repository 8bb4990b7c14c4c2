// SPDX-License-Identifier: MIT
// Codes by mail as a second factor, with a mail server that takes them.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, auditOf, bin, claimsOf, refresh, status, tally, together } from './lib/checks.mjs';
import { as, forgive, half, pass, person, signInTotp, stepUp, totp, wrong } from './lib/factors.mjs';
import { startSink } from './lib/sink.mjs';

const sink = await startSink();
const send = '/api/auth/2fa/email/send';
const two = (token) => ({ 'X-Two-Factor-Authentication-Token': token });

after(() => sink.stop());

const code = async (email) => (await sink.waitFor({ to: email, kind: 'factor-code' })).codes[0];

through({ config: { ...sink.config } }, (web, stack) => {
  /** Somebody with codes by mail on, as every new account: not signed in. */
  async function mailed() {
    const email = `${Math.random().toString(36).slice(2)}@example.org`;
    const password = 'a long enough phrase';
    await web.browser().post('/api/auth/register', { email, password, name: 'Ann' });
    return { email, password };
  }
  async function signIn(who) {
    const { token, browser } = await half(web, who);
    const done = assertOk(await pass(web, token, { email: await code(who.email) }));
    return { ...who, ...done, subject: done.user.id, browser };
  }
  /** A session with a fresh proof, by mail. */
  async function proven(session) {
    const up = assertOk(await as(web, session)('POST', '/api/auth/step-up', { password: session.password }));
    const done = assertOk(await as(web, session)('POST', '/api/auth/2fa/step-up', { email: await code(session.email) }, two(up.twoFactorAuthenticationToken)));
    return { ...session, stepUp: done.stepUpToken };
  }
  const unthrottled = () => forgive(stack);

  it('EMF-1 EMF-2 A-6.5.4 a new account is asked for a mailed code of six digits, sent unasked', async () => {
    const who = await mailed();
    const { res, token } = await half(web, who);
    assert.deepEqual([res.json.twoFactorMethods, res.json.preferredTwoFactorMethod], [['email'], 'email']);
    const sent = await code(who.email);
    assert.match(sent, /^\d{6}$/);
    assertProblem(await pass(web, token, { email: wrong(sent) }), 401, 'WRONG_TWO_FACTOR_CODE');
    const done = assertOk(await pass(web.other, token, { mail: sent }));
    assert.deepEqual([claimsOf(done.accessToken).amr, claimsOf(done.accessToken).acr], [['pwd', 'otp', 'mfa'], '2']);
  });

  it('EMF-3 EMF-4 the second code within the cooldown is refused, and the first stays good', async () => {
    const who = await mailed();
    const { token } = await half(web, who);
    const first = await code(who.email);
    const again = await pass(web, token, {}, send);
    assertProblem(again, 429, 'EMAIL_COOLDOWN_ACTIVE');
    const left = assertOk(await web.request('GET', '/api/auth/2fa/email/cooldown', { headers: two(token) })).remaining;
    assert.ok(left > 0 && left <= 60);
    assertProblem(await web.request('POST', send, { json: {} }), 401, 'TWO_FACTOR_AUTHENTICATION_TOKEN_MISSING');
    assertOk(await pass(web, token, { email: first }));
  });

  it('EMF-5 A-6.6.2 a newer code makes the older one void, and each is for its own attempt', async () => {
    const who = await mailed();
    const a = await half(web, who);
    const first = await code(who.email);
    const b = await half(web, who);
    const second = await code(who.email);
    for (const [attempt, sent] of [[a, first], [a, second], [b, first]]) {
      if (first !== second) assertProblem(await pass(web, attempt.token, { email: sent }), 401, 'WRONG_TWO_FACTOR_CODE');
    }
    unthrottled();
    assert.deepEqual(assertOk(await pass(web, b.token, {}, send)), { cooldown: 60 });
    const third = await code(who.email);
    assertOk(await pass(web, b.token, { email: third }));
    assertProblem(await pass(web, b.token, { email: third }), 401, 'TWO_FACTOR_AUTHENTICATION_TOKEN_INVALID');
    unthrottled();
  });

  it('EMF-6 A-6.5.5 a code is over after its time', async () => {
    const who = await mailed();
    const { token } = await half(web, who);
    const sent = await code(who.email);
    stack.sql("UPDATE challenge SET expires_us = created_us WHERE kind = 'factor-code' AND used_us = 0");
    assertProblem(await pass(web, token, { email: sent }), 401, 'TWO_FACTOR_CODE_EXPIRED');
  });

  it('A-6.5.1 F35 of 50 parallel submits of one mailed code one gets through', async () => {
    const who = await mailed();
    const { token } = await half(web, who);
    const sent = await code(who.email);
    const answers = await together(50, (i) => pass(i % 2 ? web : web.other, token, { email: sent }));
    assert.equal(tally(answers)[200], 1, JSON.stringify(tally(answers)));
    unthrottled();
  });

  it('A-6.6.3 no more than five codes leave unasked in a window', async () => {
    const who = await mailed();
    for (let i = 0; i < 7; i += 1) await half(web, who);
    const [[sent]] = stack.sql(`SELECT COUNT(*) FROM challenge WHERE kind = 'factor-code' AND account_id = (SELECT account_id FROM challenge WHERE kind = 'sign-in' ORDER BY id DESC LIMIT 1)`);
    assert.equal(sent, '5');
    sink.clear();
    unthrottled();
  });

  it('A-6.3.6 N63B-11 TFL-6 TOT-9 PRF-1 with both on either passes; the preferred one is told; one may go, not both', async () => {
    let session = await proven(await signIn(await mailed()));
    const setup = assertOk(await as(web, session)('GET', '/api/auth/2fa/totp/setup'));
    const user = assertOk(await as(web, session)('POST', '/api/auth/2fa/totp/setup', { token: setup.token, code: totp(setup.secret) }));
    assert.deepEqual([user.twoFactorMethods, user.preferredTwoFactorMethod], [['totp', 'email'], 'totp']);
    assert.equal((await sink.waitFor({ to: session.email, kind: 'factor-added' })).to, session.email);
    assertProblem(await status(web, session.accessToken), 401, 'SESSION_INVALID');
    const attempt = await half(web, session);
    assert.deepEqual(attempt.res.json.twoFactorMethods, ['totp', 'email']);
    assert.equal(sink.unseen({ to: session.email, kind: 'factor-code' }).length, 0);
    unthrottled();
    assertOk(await pass(web, attempt.token, {}, send));
    const done = assertOk(await pass(web, attempt.token, { email: await code(session.email) }));
    session = { ...session, ...done };
    const up = await stepUp(web, session);
    assert.equal(up.preferredTwoFactorMethod, 'totp');
    session.stepUp = assertOk(await as(web, session)('POST', '/api/auth/2fa/step-up', { totp: totp(setup.secret, 1) }, two(up.twoFactorAuthenticationToken))).stepUpToken;
    assert.equal(assertOk(await as(web, session)('POST', '/api/auth/2fa/preferred-method', { method: 'email' })).preferredTwoFactorMethod, 'email');
    for (const path of ['/api/auth/status', '/api/users/me']) {
      assert.equal(assertOk(await as(web.other, session)('GET', path)).preferredTwoFactorMethod, 'email');
    }
    const off = assertOk(await as(web, session)('DELETE', '/api/auth/2fa/totp'));
    assert.deepEqual([off.twoFactorMethods, off.preferredTwoFactorMethod], [['email'], 'email']);
    assert.equal((await sink.waitFor({ to: session.email, kind: 'factor-removed' })).to, session.email);
    assert.equal(stack.sql(`SELECT COUNT(*) FROM recovery_code WHERE account_id = ${bin(done.user.id)}`)[0][0], '0');
    unthrottled();
  });

  it('EMF-7 TOT-8 codes by mail cannot go while they are the only factor', async () => {
    const session = await proven(await signIn(await mailed()));
    assertProblem(await as(web, session)('DELETE', '/api/auth/2fa/email'), 400, 'CANNOT_DISABLE_ONLY_TWO_FACTOR_METHOD');
    assertProblem(await as(web, session)('DELETE', '/api/auth/2fa/totp'), 409, 'TWO_FACTOR_METHOD_ALREADY_DISABLED');
    assertProblem(await as(web, session)('POST', '/api/auth/2fa/email/enable', { code: '123456' }), 409, 'TWO_FACTOR_METHOD_ALREADY_ENABLED');
  });

  it('EMF-7 OTP-1 switching them on needs a code this session asked for, and ends every session', async () => {
    const session = await signIn(await mailed());
    stack.sql(`UPDATE account SET email_factor_us = 0 WHERE id = ${bin(session.subject)}`);
    await stepUp(web, session);
    unthrottled();
    assertProblem(await as(web, session)('POST', '/api/auth/2fa/email/enable', { code: '123456' }), 401, 'WRONG_TWO_FACTOR_CODE');
    assert.deepEqual(assertOk(await as(web, session)('POST', send, {})), { cooldown: 60 });
    const sent = await code(session.email);
    assertProblem(await as(web, session)('POST', '/api/auth/2fa/email/enable', { code: wrong(sent) }), 401, 'WRONG_TWO_FACTOR_CODE');
    assert.deepEqual(assertOk(await as(web, session)('POST', '/api/auth/2fa/email/enable', { code: sent })).twoFactorMethods, ['email']);
    assertProblem(await status(web.other, session.accessToken), 401, 'SESSION_INVALID');
  });

  it('A-6.6.3 five wrong codes kill a mailed code\'s attempt', async () => {
    const who = await mailed();
    const { token } = await half(web, who);
    const sent = await code(who.email);
    for (let i = 0; i < 5; i += 1) assertProblem(await pass(web, token, { email: wrong(sent) }), 401, 'WRONG_TWO_FACTOR_CODE');
    assertProblem(await pass(web, token, { email: sent }), 401, 'TOO_MANY_WRONG_CODES');
  });
});

through({ name: 'without mail', config: { accounts: { roles: 'EDITOR' }, two_factor: { required_roles: 'ADMIN' } } }, (web, stack) => {
  describe('no mail', () => {
    it('EMF-1 EMF-8 nobody is asked for a mailed code, and none can be sent', async () => {
      const session = await web.signIn();
      assert.equal(session.login.json.twoFactorRequired, false);
      assertProblem(await as(web, session)('POST', send, {}), 503, 'EMAIL_DISABLED');
    });

    it('A-6.3.3 a role that needs a second factor does not sign in without one', async () => {
      const { email, password, subject } = await web.signIn();
      stack.sql(`INSERT INTO account_role (account_id, role) VALUES (${bin(subject)}, 'ADMIN')`);
      assertProblem(await web.browser().post('/api/auth/login', { email, password }), 403, 'TWO_FACTOR_SETUP_REQUIRED');
    });

    it('A-6.3.3 with such a role the sessions end that were begun without a second factor, and only those', async () => {
      const plain = await web.signIn();
      const who = await person(web);
      const strong = await signInTotp(web, who);
      for (const email of [plain.email, who.email]) stack.ctl('role', 'grant', email, 'ADMIN');
      assertProblem(await status(web, plain.accessToken), 401, 'SESSION_INVALID');
      assertProblem(await refresh(web.other, plain.refreshToken), 401, 'SESSION_INVALID');
      assert.deepEqual(auditOf(stack, 'session.revoked_many', { subject: plain.subject }).map((e) => JSON.parse(e.detail)), [{ reason: 'factor-wanted' }]);
      assertProblem(await status(web, strong.accessToken), 401, 'ACCESS_TOKEN_EXPIRED');
      assert.deepEqual(claimsOf(assertOk(await refresh(web, strong.refreshToken)).accessToken).roles, ['ADMIN', 'USER']);
      assert.deepEqual(auditOf(stack, 'session.revoked_many', { subject: who.subject }), []);
    });

    it('A-6.3.3 another role ends no session', async () => {
      const plain = await web.signIn();
      stack.ctl('role', 'grant', plain.email, 'EDITOR');
      assertProblem(await status(web, plain.accessToken), 401, 'ACCESS_TOKEN_EXPIRED');
      assertOk(await refresh(web, plain.refreshToken));
    });
  });
});
