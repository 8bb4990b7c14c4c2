// SPDX-License-Identifier: MIT
// Fresh proof, and what half a sign-in must not open.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, auditOf, bearer, bin, claimsOf, refresh, tally, together } from './lib/checks.mjs';
import { as, forgive, half, nextStep, pass, person, signInTotp, stepUp, totp, wrong } from './lib/factors.mjs';
import { bodyOf, pathOf, routes, title, whole } from './lib/routes.mjs';

const guarded = ['GET', '/api/auth/2fa/totp/setup'];
const two = (token) => ({ 'X-Two-Factor-Authentication-Token': token });

through({ config: whole }, (web, stack) => {
  describe('step-up', () => {
    it('STP-1 STA-2 HDR-5 A-7.5.1 the right password gives a token, by cookie and header, for five minutes', async () => {
      const session = await web.signIn();
      const res = await session.browser.post('/api/auth/step-up', { password: session.password });
      const up = assertOk(res);
      assert.deepEqual(Object.keys(up), ['stepUpToken', 'twoFactorRequired', 'twoFactorMethods', 'preferredTwoFactorMethod', 'twoFactorAuthenticationToken']);
      assert.deepEqual(res.cookies.map((c) => c.name), ['step_up_token']);
      assert.equal(res.cookies[0].value, up.stepUpToken);
      assertOk(await session.browser.get(guarded[1]));
      assertOk(await as(web.other, { ...session, stepUp: up.stepUpToken })(...guarded));
      assert.equal(assertOk(await session.browser.get('/api/auth/status')).stepUp, true);
      assert.equal(assertOk(await as(web, session)('GET', '/api/auth/status')).stepUp, false);
      assert.equal(auditOf(stack, 'auth.step_up', { subject: session.subject }).length, 1);
    });

    it('R9470-3 a proof is told by the tokens made after it: when it was and how', async () => {
      const session = await web.signIn();
      stack.sql(`UPDATE session SET auth_time_s = auth_time_s - 3600, amr = '["otp"]' WHERE id = ${bin(session.sessionId)}`);
      const told = async (token) => (({ auth_time: at, amr, acr }) => ({ at, amr, acr }))(claimsOf(assertOk(await refresh(web, token)).accessToken));
      const old = await told(session.refreshToken);
      assert.deepEqual(old.amr, ['otp']);
      assertProblem(await as(web, session)('POST', '/api/auth/step-up', { password: 'a wrong long phrase' }), 401, 'INVALID_CREDENTIALS');
      assert.deepEqual(await told(session.refreshToken), old);
      const before = Number(stack.sql('SELECT UNIX_TIMESTAMP() - 1')[0][0]);
      await stepUp(web, session);
      const fresh = await told(session.refreshToken);
      assert.ok(fresh.at >= before && fresh.at <= before + 60, `${before} ${fresh.at}`);
      assert.deepEqual([fresh.amr, fresh.acr], [['pwd'], '1']);
      assert.equal(claimsOf(session.accessToken).acr, '1');
    });

    for (const [what, json, status, code] of [
      ['a wrong password', { password: 'a wrong long phrase' }, 401, 'INVALID_CREDENTIALS'],
      ['no password', {}, 400, 'MISSING_PASSWORD_PARAMETER'],
      ['no body', undefined, 400, 'MISSING_PASSWORD_PARAMETER'],
      ['an empty password', { password: '' }, 400, 'MISSING_PASSWORD_PARAMETER'],
    ]) {
      it(`STP-2 ${what} gives none`, async () => {
        assertProblem(await as(web, await web.signIn())('POST', '/api/auth/step-up', json), status, code);
      });
    }

    it('LIM-2 STP-2 SA-11 wrong passwords are throttled as at sign-in', async () => {
      const session = await web.signIn();
      const codes = [];
      for (let i = 0; i < 12; i += 1) codes.push((await as(i % 2 ? web : web.other, session)('POST', '/api/auth/step-up', { password: 'wrong' })).status);
      assert.deepEqual([...new Set(codes)], [401, 429]);
      forgive(stack);
    });

    it('STP-3 STA-4 without an access token there is no step-up, and a step-up token opens nothing', async () => {
      const session = await web.signIn();
      const { stepUpToken } = await stepUp(web, session);
      assertProblem(await web.request('POST', '/api/auth/step-up', { json: { password: session.password } }), 401, 'AUTHENTICATION_REQUIRED');
      const alone = { headers: { 'X-Step-Up-Token': stepUpToken } };
      assertProblem(await web.request('GET', guarded[1], alone), 401, 'AUTHENTICATION_REQUIRED');
      assert.equal(assertOk(await web.request('GET', '/api/auth/status', alone)).stepUp, false);
      assertProblem(await web.request('GET', '/api/auth/sessions', { headers: bearer(stepUpToken) }), 401, 'ACCESS_TOKEN_INVALID');
    });

    it('STP-4 A-7.5.3 another person\'s, another session\'s, and a changed one are refused', async () => {
      const session = await web.signIn();
      const again = await web.signIn({ email: session.email, register: false });
      const stranger = await web.signIn();
      await stepUp(web, session);
      for (const other of [again, stranger]) {
        assertProblem(await as(web, { ...other, stepUp: session.stepUp })(...guarded), 401, 'STEP_UP_TOKEN_INVALID');
        assert.equal(assertOk(await as(web, { ...other, stepUp: session.stepUp })('GET', '/api/auth/status')).stepUp, false);
      }
      for (const bad of ['x', `A${session.stepUp.slice(1)}`, session.accessToken, session.refreshToken]) {
        assertProblem(await as(web, { ...session, stepUp: bad })(...guarded), 401, 'STEP_UP_TOKEN_INVALID');
      }
    });

    it('STP-4 it lives on through a refresh and dies with its session', async () => {
      const session = await web.signIn();
      await stepUp(web, session);
      const { accessToken } = assertOk(await refresh(web, session.refreshToken));
      assertOk(await as(web, { ...session, accessToken })(...guarded));
      assertOk(await as(web, { accessToken })('POST', '/api/auth/logout'));
      assertProblem(await as(web, { ...session, accessToken })(...guarded), 401, 'SESSION_INVALID');
    });

    it('STP-9 a session that was ended cannot step up', async () => {
      const session = await web.signIn();
      const other = await web.signIn({ email: session.email, register: false });
      assertOk(await as(web, session)('DELETE', `/api/auth/sessions/${other.sessionId}`));
      assertProblem(await as(web, other)('POST', '/api/auth/step-up', { password: session.password }), 401, 'SESSION_INVALID');
    });

    it('STP-8 a guest has nothing to prove', async () => {
      const session = await web.signIn();
      stack.sql(`UPDATE account SET password_hash = NULL, email_hash = NULL, email_sealed = NULL WHERE id = ${bin(session.subject)}`);
      assertProblem(await as(web, session)('POST', '/api/auth/step-up'), 400, 'NO_PASSWORD');
      stack.sql(`UPDATE account_role SET role = 'GUEST' WHERE account_id = ${bin(session.subject)}`);
      const up = assertOk(await as(web, session)('POST', '/api/auth/step-up'));
      assertProblem(await as(web, { ...session, stepUp: up.stepUpToken })(...guarded), 404, 'USER_NOT_FOUND');
    });
  });

  describe('with a second factor', () => {
    it('STP-6 STP-7 TFL-5 the password gives only a two-factor token, which its own session completes', async () => {
      const who = await person(web);
      const session = await signInTotp(web, who);
      nextStep(stack, who);
      const stranger = await web.signIn();
      stack.sql(`UPDATE session SET amr = '["pwd"]', acr = '1' WHERE id = ${bin(session.sessionId)}`);
      const up = await stepUp(web, session);
      assert.deepEqual([up.stepUpToken, up.twoFactorRequired, up.twoFactorMethods, up.preferredTwoFactorMethod], [null, true, ['totp'], 'totp']);
      const token = up.twoFactorAuthenticationToken;
      delete session.stepUp;
      assertProblem(await as(web, { ...session, stepUp: token })(...guarded), 401, 'STEP_UP_TOKEN_INVALID');
      const json = { totp: totp(who.secret, 1) };
      assertProblem(await pass(web, token, json, '/api/auth/2fa/step-up'), 401, 'AUTHENTICATION_REQUIRED');
      assertProblem(await pass(web, token, json), 401, 'TWO_FACTOR_AUTHENTICATION_TOKEN_INVALID');
      assertProblem(await as(web, stranger)('POST', '/api/auth/2fa/step-up', json, two(token)), 401, 'TWO_FACTOR_AUTHENTICATION_TOKEN_INVALID');
      assertProblem(await as(web, session)('POST', '/api/auth/2fa/step-up', json), 401, 'TWO_FACTOR_AUTHENTICATION_TOKEN_MISSING');
      assertProblem(await as(web, session)('POST', '/api/auth/2fa/step-up', { totp: wrong(json.totp) }, two(token)), 401, 'WRONG_TWO_FACTOR_CODE');
      assertProblem(await as(web, session)('POST', '/api/auth/2fa/step-up', {}, two(token)), 400, 'NO_2FA_CODE_PROVIDED');
      const done = assertOk(await as(web, session)('POST', '/api/auth/2fa/step-up', json, two(token)));
      assert.equal(done.twoFactorRequired, false);
      assert.deepEqual((({ amr, acr }) => [amr, acr])(claimsOf(assertOk(await refresh(web, session.refreshToken)).accessToken)), [['pwd', 'otp', 'mfa'], '2']);
      assertProblem(await as(web, { ...session, stepUp: done.stepUpToken })(...guarded), 409, 'TWO_FACTOR_METHOD_ALREADY_ENABLED');
      assertProblem(await as(web, session)('POST', '/api/auth/2fa/step-up', json, two(token)), 401, 'TWO_FACTOR_AUTHENTICATION_TOKEN_INVALID');
    });

    it('A-6.5.1 F35 of 50 parallel submits of one code over both servers one gets through', async () => {
      const who = await person(web);
      const { token } = await half(web, who);
      const json = { totp: totp(who.secret, 1) };
      const answers = await together(50, (i) => pass(i % 2 ? web : web.other, token, json));
      assert.equal(tally(answers)[200], 1, JSON.stringify(tally(answers)));
      assert.equal(stack.sql(`SELECT COUNT(*) FROM session WHERE subject = '${who.subject}' AND revoked_us = 0`)[0][0], '1');
      forgive(stack);
    });

    it('A-6.5.1 F35 one code in parallel attempts of its own opens one of them', async () => {
      const who = await person(web);
      const tokens = await Promise.all(Array.from({ length: 8 }, async () => (await half(web, who)).token));
      const json = { totp: totp(who.secret, 1) };
      const answers = await together(8, (i) => pass(i % 2 ? web : web.other, tokens[i], json));
      assert.deepEqual(tally(answers), { 200: 1, 401: 7 });
      forgive(stack);
    });

    it('A-6.5.1 F35 one recovery code in parallel attempts opens one of them', async () => {
      const who = await person(web);
      const tokens = await Promise.all(Array.from({ length: 8 }, async () => (await half(web, who)).token));
      const answers = await together(8, (i) => pass(i % 2 ? web : web.other, tokens[i], { code: who.recoveryCodes[0] }, '/api/auth/2fa/recover'));
      assert.deepEqual(tally(answers), { 200: 1, 401: 7 });
      forgive(stack);
    });

    it('trusted devices need no second factor, are listed, and can be ended', async () => {
      const who = await person(web);
      const { browser } = await half(web, who);
      const done = assertOk(await browser.post('/api/auth/2fa/login', { totp: totp(who.secret, 1), trustDevice: true }));
      const again = assertOk(await browser.post('/api/auth/login', { email: who.email, password: who.password }));
      assert.equal(again.twoFactorRequired, false);
      assert.deepEqual([claimsOf(again.accessToken).amr, claimsOf(again.accessToken).acr], [['pwd'], '1']);
      assert.equal((await half(web, who)).res.json.twoFactorRequired, true);
      assert.equal((await as(web, again)('POST', '/api/auth/step-up', { password: who.password })).json.twoFactorRequired, true);
      const [device] = assertOk(await as(web, again)('GET', '/api/users/me/trusted-devices'));
      assert.deepEqual(Object.keys(device), ['id', 'label', 'browser', 'os', 'createdAt', 'expiresAt']);
      const stranger = await web.signIn();
      assertProblem(await as(web, stranger)('DELETE', `/api/users/me/trusted-devices/${device.id}`), 404, 'NOT_FOUND');
      assert.deepEqual(assertOk(await as(web, stranger)('GET', '/api/users/me/trusted-devices')), []);
      assertOk(await as(web, again)('DELETE', `/api/users/me/trusted-devices/${device.id}`));
      assert.equal((await browser.post('/api/auth/login', { email: who.email, password: who.password })).json.twoFactorRequired, true);
      assert.ok(done.accessToken);
    });

    it('A-7.4.3 the end of its session by somebody else ends a device\'s trust, signing out does not', async () => {
      const who = await person(web);
      const { browser } = await half(web, who);
      await browser.post('/api/auth/2fa/login', { totp: totp(who.secret, 1), trustDevice: true });
      assertOk(await browser.post('/api/auth/logout', {}));
      const back = assertOk(await browser.post('/api/auth/login', { email: who.email, password: who.password }));
      assert.equal(back.twoFactorRequired, false);
      nextStep(stack, who);
      const other = await signInTotp(web, who, 1);
      assertOk(await as(web, other)('DELETE', `/api/auth/sessions/${back.sessionId}`));
      assert.equal((await browser.post('/api/auth/login', { email: who.email, password: who.password })).json.twoFactorRequired, true);
    });
  });

  describe('half a sign-in opens nothing else', () => {
    const own = ['two_factor.login', 'two_factor.recover', 'two_factor.email_send', 'two_factor.email_cooldown'];
    let token;
    const half1 = async () => {
      token ??= (await half(web, await person(web))).token;
      return token;
    };

    for (const route of routes.filter((r) => !own.includes(r.name) && !['none'].includes(r.need) && !r.need.includes('optional'))) {
      it(`A-6.3.3 A-9.2.2 TFL-5 ${title(route)}`, async () => {
        const proof = await half1();
        const options = { json: bodyOf(route) };
        for (const headers of [two(proof), { ...bearer(proof), ...two(proof) }]) {
          const res = await web.request(route.method, pathOf(route, '01890a5d-ac96-774b-bcce-b302099a8057'), { ...options, headers });
          assert.ok([401, 403].includes(res.status), `${res.status} ${res.text}`);
        }
      });
    }
  });
});
