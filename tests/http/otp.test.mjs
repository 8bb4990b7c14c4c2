// SPDX-License-Identifier: MIT
// Sign-in by a code alone, by mail and by text message.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertInvalid, assertOk, assertProblem, auditOf, bearer, bin, claimsOf, refresh, status, tally, together, uuid } from './lib/checks.mjs';

const password = 'a long enough phrase';
const address = () => `${Math.random().toString(36).slice(2)}@example.org`;
const number = () => `+49${Math.random().toString().slice(2, 12).padEnd(10, '7')}`;
const otp = { enabled: 'yes', address_limit: 1000, network_limit: 100000 };
const config = { otp, two_factor: { email_default: 'no' }, mail: { cooldown: 1 } };

through({ sink: {}, gateway: {}, config }, (web, stack) => {
  const post = (path, json, options) => web.request('POST', path, { json, ...options });
  const send = (to) => post('/api/auth/send-otp', to);
  const verify = (json) => post('/api/auth/verify-otp', json);
  const pastCooldown = () => stack.sql('UPDATE throttle SET window_end_us = 0');
  const wrong = (code) => String((Number(code) + 1) % 1000000).padStart(6, '0');
  /** Asks for a code by mail or, with a number, by text; what came. */
  const code = async (to) => {
    pastCooldown();
    const { verificationId, ...rest } = assertOk(await send(to));
    assert.match(verificationId, uuid);
    assert.deepEqual(rest, { success: true, message: 'OTP sent successfully', expiresIn: 300, cooldown: 1 });
    const message = to.email ? await stack.sink.waitFor({ to: to.email, kind: 'sign-in-code' }) : await stack.gateway.waitFor({ to: to.phoneNumber ?? to.phone });
    assert.equal(new Set(message.codes).size, 1);
    return { verificationId, otp: message.codes[0] };
  };

  describe('a code', () => {
    it('SA-02 SA-05 SA-14 by text message makes an account and then signs in to it', async () => {
      const phoneNumber = number();
      const res = await verify(await code({ phoneNumber }));
      const { token, user, isNewUser, accessToken, sessionId } = assertOk(res);
      assert.equal(token, accessToken);
      assert.equal(isNewUser, true);
      assert.deepEqual([user.userId, user.phoneNumber, user.displayName, user.sessionId], [user.id, phoneNumber, '', sessionId]);
      assert.deepEqual(claimsOf(token).amr, ['sms']);
      assert.ok(res.cookies.some((c) => c.name === 'access_token' && c.attributes.httponly));
      assertOk(await post('/api/auth/complete-profile', { displayName: 'Ann' }, { headers: bearer(token) }));
      const again = assertOk(await verify(await code({ phone: phoneNumber })));
      assert.deepEqual([again.user.userId, again.isNewUser, again.user.displayName], [user.userId, false, 'Ann']);
      assert.notEqual(again.sessionId, sessionId);
    });

    it('SA-14 one number is one person, however it is written', async () => {
      const phoneNumber = number();
      const { user } = assertOk(await verify(await code({ phoneNumber })));
      for (const text of [phoneNumber.slice(1), `00${phoneNumber.slice(1)}`, `${phoneNumber.slice(0, 3)} (${phoneNumber.slice(3, 6)}) ${phoneNumber.slice(6, 9)}-${phoneNumber.slice(9)}`]) {
        pastCooldown();
        const { verificationId } = assertOk(await send({ phoneNumber: text }));
        const message = await stack.gateway.waitFor({ to: phoneNumber });
        assert.match(message.to, /^\+[1-9][0-9]{7,14}$/);
        assert.equal(assertOk(await verify({ verificationId, otp: message.codes[0] })).user.userId, user.userId);
      }
    });

    it('SA-05 by mail signs in and verifies the address', async () => {
      const email = address();
      const first = assertOk(await verify(await code({ email })));
      assert.deepEqual([first.user.email, first.user.emailVerified, first.isNewUser, first.user.roles], [email, true, true, ['USER']]);
      const { otp: newest } = await code({ email: email.toUpperCase().replace('EXAMPLE.ORG', 'example.org') });
      assert.equal(assertOk(await verify({ email, otp: newest })).user.userId, first.user.userId);
    });

    it('A-2.3.4 SA-10 A-6.5.1 F35 is good once, also for 20 at the same time', async () => {
      const sent = await code({ email: address() });
      const answers = await together(20, () => verify(sent));
      assert.equal(tally(answers)[200], 1, JSON.stringify(tally(answers)));
      assertProblem(await verify(sent), 404, 'INVALID_VERIFICATION', 'Invalid verification');
    });

    it('SA-08 is asked for again after a wrong one', async () => {
      const sent = await code({ email: address() });
      assertProblem(await verify({ ...sent, otp: wrong(sent.otp) }), 400, 'INVALID_OTP', 'Invalid OTP');
      assertOk(await verify(sent));
    });

    it('SA-11 A-6.6.3 is dead after five wrong ones, and a new one helps', async () => {
      const email = address();
      const sent = await code({ email });
      const answers = await together(5, () => verify({ ...sent, otp: wrong(sent.otp) }));
      for (const res of answers) assertProblem(res, 400, 'INVALID_OTP');
      assertProblem(await verify(sent), 400, 'OTP_TRIES_EXCEEDED', 'Invalid OTP');
      assertOk(await verify(await code({ email })));
    });

    it('SA-12 A-6.6.2 dies when a newer one is sent, and is none of another address', async () => {
      const email = address();
      const old = await code({ email });
      const fresh = await code({ email });
      assertProblem(await verify(old), 404, 'INVALID_VERIFICATION');
      const other = await code({ email: address() });
      assertProblem(await verify({ ...other, email }), 404, 'INVALID_VERIFICATION');
      if (other.otp !== fresh.otp) assertProblem(await verify({ verificationId: other.verificationId, otp: fresh.otp }), 400, 'INVALID_OTP');
      assertOk(await verify(fresh));
    });

    it('SA-09 A-6.5.5 expires', async () => {
      const sent = await code({ email: address() });
      stack.sql(`UPDATE challenge SET expires_us = 1 WHERE id = ${bin(sent.verificationId)}`);
      assertProblem(await verify(sent), 400, 'OTP_EXPIRED', 'OTP expired');
    });

    it('A-6.4.3 a second factor is asked for all the same', async () => {
      const email = address();
      const { user } = assertOk(await verify(await code({ email })));
      stack.sql(`UPDATE account SET totp_us = 1 WHERE id = ${bin(user.userId)}`);
      const res = assertOk(await verify(await code({ email })));
      assert.deepEqual([res.twoFactorRequired, res.accessToken, res.twoFactorMethods], [true, null, ['totp']]);
      assert.equal(res.token, undefined);
    });

    it('a disabled account is none, and its owner gets no other answer', async () => {
      const email = address();
      assertOk(await verify(await code({ email })));
      stack.ctl('user', 'disable', email);
      assertProblem(await verify(await code({ email })), 400, 'INVALID_OTP', 'Invalid OTP');
    });

    it('who proves an address nobody had verified takes it from who had only registered it', async () => {
      const squatter = await web.signIn();
      assertOk(await verify(await code({ email: squatter.email })));
      assertProblem(await status(web, squatter.accessToken), 401, 'SESSION_INVALID');
      assertProblem(await refresh(web, squatter.refreshToken), 401, 'SESSION_INVALID');
      assertProblem(await post('/api/auth/login', { email: squatter.email, password }), 401, 'INVALID_CREDENTIALS');
      const again = assertOk(await verify(await code({ email: squatter.email })));
      assert.equal(again.user.userId, squatter.subject);
    });
  });

  describe('requests', () => {
    for (const [json, expected] of [
      [{}, [400, 'PHONE_NUMBER_REQUIRED', 'Phone number required']],
      [{ phoneNumber: '' }, [400, 'PHONE_NUMBER_REQUIRED', 'Phone number required']],
      [{ phone: null }, [400, 'PHONE_NUMBER_REQUIRED', 'Phone number required']],
      [{ phoneNumber: 'hello' }, [400, 'PHONE_NUMBER_INVALID']],
      [{ phoneNumber: '0170 1234567' }, [400, 'PHONE_NUMBER_INVALID']],
      [{ phoneNumber: '+1234567' }, [400, 'PHONE_NUMBER_INVALID']],
      [{ phoneNumber: '+1234567890123456' }, [400, 'PHONE_NUMBER_INVALID']],
      [{ phoneNumber: '+49 170 1234567', email: 'a@example.org' }, [400, 'BAD_REQUEST']],
    ]) {
      it(`SA-03 SA-13 send-otp refuses ${JSON.stringify(json)}`, async () => {
        assertProblem(await send(json), ...expected);
      });
    }

    for (const [json, field, problem] of [[{ phoneNumber: 491701234567 }, 'phoneNumber', 'WRONG_TYPE'], [{ phone: ['+491701234567'] }, 'phone', 'WRONG_TYPE'],
      [{ email: 'no address' }, 'email', 'EMAIL_INVALID'], [{ email: 'a@example.org', admin: true }, 'admin', 'UNKNOWN_FIELD']]) {
      it(`SA-13 send-otp refuses ${JSON.stringify(json)}`, async () => {
        assertInvalid(await send(json), field, problem);
      });
    }

    for (const json of [{}, { otp: '123456' }, { verificationId: 'x' }, { verificationId: '', otp: '123456' }, { email: 'a@example.org', otp: '' }]) {
      it(`SA-06 verify-otp misses data in ${JSON.stringify(json)}`, async () => {
        assertProblem(await verify(json), 400, 'DATA_MISSING', 'Data missing');
      });
    }

    for (const json of [{ verificationId: '01890a5d-ac96-774b-bcce-b302099a8057' }, { verificationId: '../x' }, { phone: '+4917012345678' }, { phoneNumber: 'hello' }, { email: 'nobody@example.org' }]) {
      it(`SA-07 verify-otp knows nothing of ${JSON.stringify(json)}`, async () => {
        assertProblem(await verify({ ...json, otp: '123456' }), 404, 'INVALID_VERIFICATION', 'Invalid verification');
      });
    }

    for (const body of ['[]', 'null', '"x"', '{"otp":123456,"verificationId":"x"}']) {
      it(`SA-13 SA-57 verify-otp answers ${body} with a problem and lives on`, async () => {
        const res = await web.request('POST', '/api/auth/verify-otp', { body, headers: { 'Content-Type': 'application/json' } });
        assert.equal(res.status, 400);
        assert.equal(typeof res.json.error, 'string');
        assert.equal((await web.request('GET', '/api/health')).status, 200);
      });
    }
  });

  it('A-6.3.8 what is sent and audited holds no code, number or address in clear', async () => {
    const phoneNumber = number();
    const sent = await code({ phoneNumber });
    const { user } = assertOk(await verify(sent));
    const rows = stack.sql(`SELECT * FROM challenge WHERE id = ${bin(sent.verificationId)}`).flat().join(' ');
    assert.ok(!rows.includes(sent.otp) && !rows.includes(phoneNumber.slice(1)));
    const account = stack.sql(`SELECT phone_sealed, phone_hash FROM account WHERE id = ${bin(user.userId)}`).flat().join(' ');
    assert.ok(!account.includes(phoneNumber.slice(1)));
    assert.equal(auditOf(stack, 'auth.code_sent').filter((e) => JSON.stringify(e).includes(phoneNumber.slice(1))).length, 0);
  });
});

through({ sink: {}, config: { ...config, otp: { enabled: 'yes', register: 'no', address_limit: 2, network_limit: 100000 } }, name: 'without registration' }, (web, stack) => {
  const send = (to) => web.request('POST', '/api/auth/send-otp', { json: to });

  it('SA-04 a channel that is not there is told', async () => {
    assertProblem(await send({ phoneNumber: '+491701234567' }), 503, 'OTP_NOT_SENT', 'Failed to send OTP');
  });

  it('A-6.3.8 F50 an unknown address gets the same answer, and a word by mail instead of a code', async () => {
    const { email } = await web.signIn();
    const unknown = address();
    const [a, b] = [assertOk(await send({ email })), assertOk(await send({ email: unknown }))];
    assert.deepEqual({ ...a, verificationId: '' }, { ...b, verificationId: '' });
    assert.equal((await stack.sink.waitFor({ to: unknown })).kind, 'no-account');
    const { codes: [otpText] } = await stack.sink.waitFor({ to: email, kind: 'sign-in-code' });
    assert.equal(assertOk(await web.request('POST', '/api/auth/verify-otp', { json: { verificationId: a.verificationId, otp: otpText } })).isNewUser, false);
  });

  it('SA-12 A-6.6.3 an address is sent so many codes an hour, and not one within the cooldown', async () => {
    const email = address();
    const cooldown = () => stack.sql('UPDATE throttle SET window_end_us = 0 WHERE window_end_us < (UNIX_TIMESTAMP() + 60) * 1000000');
    assertOk(await send({ email }));
    assertProblem(await send({ email }), 429, 'EMAIL_COOLDOWN_ACTIVE', 'Too many requests');
    cooldown();
    assertOk(await send({ email }));
    cooldown();
    const res = await send({ email });
    assertProblem(res, 429, 'TOO_MANY_REQUESTS', 'Too many requests');
    assert.ok(Number(res.headers['retry-after']) > 3000);
  });
});

through({ name: 'where it is off' }, (web) => {
  it('sign-in by code is not there unless it is switched on', async () => {
    assertProblem(await web.request('POST', '/api/auth/send-otp', { json: { email: 'a@example.org' } }), 404, 'NOT_FOUND');
    assertProblem(await web.request('POST', '/api/auth/verify-otp', { json: { email: 'a@example.org', otp: '123456' } }), 404, 'NOT_FOUND');
  });
});
