// SPDX-License-Identifier: MIT
// Links by mail: address verification and forgotten passwords, with a real mail
// server at the other end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertInvalid, assertOk, assertProblem, auditOf, bearer, bin, refresh, status, tally, together, withoutInstance } from './lib/checks.mjs';
import { half, pass, person, totp, wrong } from './lib/factors.mjs';

const password = 'a long enough phrase';
const fresh = 'another phrase altogether';
const address = () => `${Math.random().toString(36).slice(2)}@example.org`;
const config = { two_factor: { email_default: 'no' }, mail: { cooldown: 1 } };

through({ sink: {}, config: { ...config, mail: { cooldown: 3600 } }, name: 'with a long cooldown' }, (web, stack) => {
  const post = (path, json, options) => web.request('POST', path, { json, ...options });
  const register = (email, query = '') => post(`/api/auth/register${query}`, { email, password, name: 'Ann' });
  const ask = (email) => post('/api/auth/password/reset-request', { email });

  it('PWR-1 A-6.3.8 F50 the answer to a known and an unknown address is the same, and so is its cooldown', async () => {
    const known = address();
    const unknown = address();
    assertOk(await register(known, '?send-email=false'));
    const [first, other] = [await ask(known), await ask(unknown)];
    assert.deepEqual([first.status, first.text], [200, '{"cooldown":3600}']);
    assert.deepEqual([other.status, other.text], [first.status, first.text]);
    const again = await Promise.all([known, unknown].map(ask));
    for (const res of again) assertProblem(res, 429, 'EMAIL_COOLDOWN_ACTIVE', 'Too many requests');
    assert.deepEqual({ ...withoutInstance(again[0]) }, { ...withoutInstance(again[1]) });
    for (const email of [known, unknown]) {
      const { remaining } = assertOk(await web.request('GET', `/api/auth/password/reset/cooldown?email=${encodeURIComponent(email)}`));
      assert.ok(remaining > 3500 && remaining <= 3600);
    }
    assert.equal((await stack.sink.waitFor({ to: known })).kind, 'password-reset');
  });

  it('PWR-7 an unknown address is told that there is no account', async () => {
    const email = address();
    assertOk(await ask(email));
    const message = await stack.sink.waitFor({ to: email });
    assert.equal(message.kind, 'no-account');
    assert.ok(!/token=/.test(message.text));
  });

  it('VER-3 a second link within the cooldown is 429, and sign-up has begun it', async () => {
    const session = await web.signIn();
    const send = () => post('/api/auth/email/verification/send', undefined, { headers: bearer(session.accessToken) });
    assertProblem(await send(), 429, 'EMAIL_COOLDOWN_ACTIVE');
    const { remaining } = assertOk(await web.request('GET', '/api/auth/email/verification/cooldown', { headers: bearer(session.accessToken) }));
    assert.ok(remaining > 3500 && remaining <= 3600);
  });

  it('REG-8 sign-up mails one link, and none when it is asked not to', async () => {
    const [with_, without] = [address(), address()];
    assertOk(await register(without, '?send-email=false'));
    assertOk(await register(with_));
    const message = await stack.sink.waitFor({ to: with_ });
    assert.equal(message.kind, 'verify-email');
    assert.match(message.links[0], /^https:\/\/id\.example\.test\/account\/verify-email\?token=[\w-]{64}$/);
    assert.equal(stack.sink.messages.filter((m) => m.to === without).length, 0);
    assert.equal(stack.sink.messages.filter((m) => m.to === with_).length, 1);
  });
});

through({ sink: {}, config, name: 'with links' }, (web, stack) => {
  const post = (path, json, options) => web.request('POST', path, { json, ...options });
  const tokenOf = (message) => new URL(message.links.find((l) => l.includes('token='))).searchParams.get('token');
  const mailed = async (to, kind) => tokenOf(await stack.sink.waitFor({ to, kind }));
  const login = (email, pass) => post('/api/auth/login', { email, password: pass });
  const me = async (session) => assertOk(await web.request('GET', '/api/users/me', { headers: bearer(session.accessToken) }));
  const pastCooldown = () => stack.sql('UPDATE throttle SET window_end_us = 0');
  const resetLink = async (email) => {
    pastCooldown();
    assertOk(await post('/api/auth/password/reset-request', { email }));
    return mailed(email, 'password-reset');
  };
  const verify = (token) => post('/api/auth/email/verification', { token });

  describe('address verification', () => {
    it('VER-1 the link verifies the address, once', async () => {
      const session = await web.signIn();
      assert.equal((await me(session)).emailVerified, false);
      const token = await mailed(session.email, 'verify-email');
      const person = assertOk(await verify(token));
      assert.deepEqual([person.id, person.emailVerified], [session.subject, true]);
      assert.equal((await me(session)).emailVerified, true);
      assertProblem(await verify(token), 409, 'EMAIL_ALREADY_VERIFIED');
      assert.equal(auditOf(stack, 'account.email_verified', { subject: session.subject }).length, 1);
    });

    it('VER-1 the token may stand in the address, as other clients send it, without a body', async () => {
      const session = await web.signIn();
      const token = await mailed(session.email, 'verify-email');
      const res = await web.request('POST', `/api/auth/email/verification?token=${token}&locale=de`);
      assert.equal(assertOk(res).emailVerified, true);
    });

    it('VER-3 a new link takes the place of the old one, and a verified address gets none', async () => {
      const session = await web.signIn();
      const first = await mailed(session.email, 'verify-email');
      pastCooldown();
      const send = () => post('/api/auth/email/verification/send', undefined, { headers: bearer(session.accessToken) });
      assert.deepEqual(assertOk(await send()), { cooldown: 1 });
      const second = await mailed(session.email, 'verify-email');
      assertProblem(await verify(first), 401, 'EMAIL_VERIFICATION_TOKEN_INVALID');
      assertOk(await verify(second));
      assertProblem(await send(), 409, 'EMAIL_ALREADY_VERIFIED');
    });

    it('VER-2 an expired link verifies nothing', async () => {
      const session = await web.signIn();
      const token = await mailed(session.email, 'verify-email');
      stack.sql(`UPDATE challenge SET expires_us = 1 WHERE account_id = ${bin(session.subject)}`);
      assertProblem(await verify(token), 401, 'EMAIL_VERIFICATION_TOKEN_EXPIRED', 'Link expired');
      assert.equal((await me(session)).emailVerified, false);
    });

    it('VER-2 a link of one kind is none of another', async () => {
      const session = await web.signIn();
      const token = await mailed(session.email, 'verify-email');
      assertProblem(await post('/api/auth/password/reset', { token, newPassword: fresh }), 401, 'PASSWORD_RESET_TOKEN_INVALID');
      const reset = await resetLink(session.email);
      assertProblem(await verify(reset), 401, 'EMAIL_VERIFICATION_TOKEN_INVALID');
    });

    it('of 20 parallel uses of one link one verifies', async () => {
      const session = await web.signIn();
      const token = await mailed(session.email, 'verify-email');
      assert.equal(tally(await together(20, () => verify(token)))[200], 1);
      assert.equal(auditOf(stack, 'account.email_verified', { subject: session.subject }).length, 1);
    });

    it('REG-9 the owner of a known address is told of a second sign-up, without a link', async () => {
      const session = await web.signIn();
      await mailed(session.email, 'verify-email');
      pastCooldown();
      assertOk(await post('/api/auth/register?send-email=false', { email: session.email.toUpperCase(), password: fresh, name: 'Eve' }));
      const message = await stack.sink.waitFor({ to: session.email });
      assert.equal(message.kind, 'registered-known');
      assert.ok(!/token=/.test(message.text));
      assertProblem(await login(session.email, fresh), 401, 'INVALID_CREDENTIALS');
    });
  });

  describe('forgotten passwords', () => {
    it('N63B-11 PWR-2 PWR-6 A-6.2.2 A-6.3.7 the mailed link sets the password, and the owner is told', async () => {
      const session = await web.signIn();
      const token = await resetLink(session.email);
      assert.deepEqual(assertOk(await post('/api/auth/password/reset', { token, newPassword: fresh })), { success: true });
      assertProblem(await login(session.email, password), 401, 'INVALID_CREDENTIALS');
      assertOk(await login(session.email, fresh));
      await stack.sink.waitFor({ to: session.email, kind: 'password-changed' });
      assert.equal((await me({ accessToken: (await login(session.email, fresh)).json.accessToken })).emailVerified, false);
    });

    it('PWR-3 every session ends, and no token is handed out', async () => {
      const session = await web.signIn();
      const second = await web.signIn({ email: session.email, register: false });
      const res = await post('/api/auth/password/reset', { token: await resetLink(session.email), newPassword: fresh });
      assertOk(res);
      assert.deepEqual(res.cookies, []);
      for (const s of [session, second]) {
        assertProblem(await status(web, s.accessToken), 401, 'SESSION_INVALID');
        assertProblem(await refresh(web, s.refreshToken), 401, 'SESSION_INVALID');
      }
    });

    it('A-6.4.3 PWR-3 who has an authenticator is asked for its code after a reset too', async () => {
      const who = await person(web);
      const token = await resetLink(who.email);
      assert.deepEqual(assertOk(await post('/api/auth/password/reset', { token, newPassword: fresh })), { success: true });
      const first = await half(web, { ...who, password: fresh });
      assert.deepEqual([first.res.json.accessToken, first.res.json.twoFactorMethods], [null, ['totp']]);
      assertProblem(await pass(web, first.token, { totp: wrong(totp(who.secret, 1)) }), 401, 'WRONG_TWO_FACTOR_CODE');
      assert.equal(assertOk(await pass(web, first.token, { totp: totp(who.secret, 1) })).user.id, who.subject);
    });

    it('PWR-4 a link is good once, and no longer than it says', async () => {
      const { email, subject } = await web.signIn();
      const reset = (token, newPassword = fresh) => post('/api/auth/password/reset', { token, newPassword });
      const first = await resetLink(email);
      const second = await resetLink(email);
      assertProblem(await reset(first), 401, 'PASSWORD_RESET_TOKEN_INVALID');
      assertOk(await reset(second));
      assertProblem(await reset(second, 'a third phrase of some length'), 401, 'PASSWORD_RESET_TOKEN_INVALID');
      const third = await resetLink(email);
      stack.sql(`UPDATE challenge SET expires_us = 1 WHERE account_id = ${bin(subject)}`);
      assertProblem(await reset(third), 401, 'PASSWORD_RESET_TOKEN_EXPIRED');
      assertOk(await login(email, fresh));
    });

    it('PWR-4 of 20 parallel uses of one link one sets the password', async () => {
      const { email, subject } = await web.signIn();
      const token = await resetLink(email);
      const phrases = Array.from({ length: 20 }, (_, i) => `phrase number ${i} of twenty`);
      const answers = await together(20, (i) => post('/api/auth/password/reset', { token, newPassword: phrases[i] }));
      const won = answers.findIndex((res) => res.status === 200);
      assert.equal(tally(answers)[200], 1);
      for (const res of answers) if (res.status !== 200) assert.ok([401, 503].includes(res.status), res.text);
      assert.equal(auditOf(stack, 'account.password_reset', { subject }).length, 1);
      assertOk(await login(email, phrases[won]));
    });

    it('PRO-5 a password that is refused leaves the link good', async () => {
      const { email } = await web.signIn();
      const token = await resetLink(email);
      for (const [newPassword, code] of [['short', 'PASSWORD_TOO_SHORT'], ['password123', 'PASSWORD_COMMON'], [`${email.split('@')[0]}!`, 'PASSWORD_CONTEXT']]) {
        assertInvalid(await post('/api/auth/password/reset', { token, newPassword }), 'newPassword', code);
      }
      assertOk(await post('/api/auth/password/reset', { token, newPassword: fresh }));
    });

    it('a disabled account gets no link', async () => {
      const { email } = await web.signIn();
      const token = await resetLink(email);
      stack.ctl('user', 'disable', email);
      assertProblem(await post('/api/auth/password/reset', { token, newPassword: fresh }), 401, 'PASSWORD_RESET_TOKEN_INVALID');
      pastCooldown();
      assertOk(await post('/api/auth/password/reset-request', { email }));
      await stack.sink.waitFor({ to: email, kind: 'no-account' });
    });

    it('A-6.4.1 A-6.4.6 an operator can start a reset and sees neither link nor password', async () => {
      const { email, subject } = await web.signIn();
      assert.equal(stack.ctl('user', 'reset', email), '');
      const token = await mailed(email, 'password-reset');
      assertOk(await login(email, password));
      assertOk(await post('/api/auth/password/reset', { token, newPassword: fresh }));
      assertProblem(await post('/api/auth/password/reset', { token, newPassword: password }), 401, 'PASSWORD_RESET_TOKEN_INVALID');
      stack.ctl('user', 'disable', subject);
      assert.equal(stack.ctlFails('user', 'reset', email).code, 1);
      assert.equal(stack.ctlFails('user', 'reset', 'nobody@example.org').code, 1);
    });

    it('a password that must be reset opens nothing until it is', async () => {
      const { email, subject } = await web.signIn();
      stack.sql(`UPDATE account SET reset_required_us = 1 WHERE id = ${bin(subject)}`);
      assertProblem(await login(email, password), 401, 'INVALID_CREDENTIALS');
      assertOk(await post('/api/auth/password/reset', { token: await resetLink(email), newPassword: password }));
      assertOk(await login(email, password));
    });
  });
});
