// SPDX-License-Identifier: MIT
// TOTP as a second factor: setting up, passing, recovering, switching off.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertInvalid, assertOk, assertProblem, auditOf, bearer, bin, claimsOf, cookieHeaders, refresh, status } from './lib/checks.mjs';
import { as, enrol, forgive, half, nextStep, pass, person, signInTotp, stepUp, totp, unbase32, wrong } from './lib/factors.mjs';

const setup = '/api/auth/2fa/totp/setup';

through({}, (web, stack) => {
  describe('setting TOTP up', () => {
    for (const path of [setup, '/api/auth/2fa/setup']) {
      it(`TOT-1 R6238-5.1 GET ${path} gives a secret of 160 bits, a URI, a picture, ten codes and a token, new each time`, async () => {
        const session = await web.signIn();
        await stepUp(web, session);
        const one = assertOk(await as(web, session)('GET', path));
        assert.deepEqual(Object.keys(one), ['secret', 'totpAuthUrl', 'qrCode', 'recoveryCodes', 'token']);
        assert.equal(unbase32(one.secret).length, 20);
        const url = new URL(one.totpAuthUrl);
        assert.equal(url.protocol, 'otpauth:');
        assert.equal(decodeURIComponent(url.pathname).split(':')[1], session.email);
        assert.deepEqual(Object.fromEntries(url.searchParams), {
          secret: one.secret, issuer: decodeURIComponent(url.pathname).split(':')[0].replace(/^\/+(totp\/)?/, ''), algorithm: 'SHA1', digits: '6', period: '30',
        });
        assert.match(one.qrCode, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 (\d+) \1".*<\/svg>$/);
        assert.equal(new Set(one.recoveryCodes).size, 10);
        for (const code of one.recoveryCodes) assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}$/);
        const two = assertOk(await as(web, session)('GET', path));
        for (const member of ['secret', 'token', 'qrCode']) assert.notEqual(one[member], two[member]);
      });
    }

    it('TOT-2 A-7.5.1 R9470-3 wants a fresh proof, and says how', async () => {
      const session = await web.signIn();
      for (const [method, path, json] of [['GET', setup], ['POST', setup, { token: 'x', code: '123456' }], ['DELETE', '/api/auth/2fa/totp'],
        ['POST', '/api/auth/2fa/recovery-codes', {}], ['POST', '/api/auth/2fa/email/enable', { code: '123456' }], ['DELETE', '/api/auth/2fa/email'],
        ['POST', '/api/auth/2fa/preferred-method', { method: 'totp' }]]) {
        const res = await as(web, session)(method, path, json);
        assertProblem(res, 401, 'STEP_UP_REQUIRED');
        assert.match(res.headers['www-authenticate'], /error="insufficient_user_authentication".*max_age="300"/);
      }
    });

    it('TOT-3 TOT-4 A-7.4.3 a right code switches it on and ends every session, this one too', async () => {
      const session = await web.signIn();
      const elsewhere = await web.signIn({ email: session.email, register: false });
      await stepUp(web, session);
      const { token, secret } = assertOk(await as(web, session)('GET', setup));
      const res = await as(web, session)('POST', setup, { token, code: totp(secret) });
      const user = assertOk(res);
      assert.deepEqual([user.twoFactorAuthEnabled, user.twoFactorMethods, user.preferredTwoFactorMethod], [true, ['totp'], 'totp']);
      assert.ok(res.cookies.filter((c) => c.value === '').length >= 6);
      for (const one of [session, elsewhere]) {
        assertProblem(await status(web, one.accessToken), 401, 'SESSION_INVALID');
        assertProblem(await refresh(web.other, one.refreshToken), 401, 'SESSION_INVALID');
      }
      assert.equal(auditOf(stack, 'factor.added', { subject: session.subject }).length, 1);
      assert.equal((await half(web, session)).res.json.preferredTwoFactorMethod, 'totp');
    });

    it('A-6.5.2 R6238-5.1 CRY-1 the secret is sealed at rest and recovery codes are hashed', async () => {
      const who = await person(web);
      const [[sealed]] = stack.sql(`SELECT HEX(secret_sealed) FROM totp WHERE account_id = ${bin(who.subject)}`);
      assert.ok(!sealed.toLowerCase().includes(unbase32(who.secret).toString('hex')));
      const rows = stack.sql(`SELECT HEX(code_hash) FROM recovery_code WHERE account_id = ${bin(who.subject)}`);
      assert.equal(rows.length, 10);
      for (const [hash] of rows) assert.equal(hash.length, 64);
    });

    it('TOT-5 OTP-1 a wrong code, and a token that is none, foreign, old or changed, switch nothing on', async () => {
      const session = await web.signIn();
      const stranger = await web.signIn();
      await stepUp(web, session);
      await stepUp(web, stranger);
      const mine = assertOk(await as(web, session)('GET', setup));
      const theirs = assertOk(await as(web, stranger)('GET', setup));
      for (const [what, json, code] of [
        ['wrong', { token: mine.token, code: wrong(totp(mine.secret)) }, 'WRONG_TWO_FACTOR_CODE'],
        ['too old by two steps', { token: mine.token, code: totp(mine.secret, -3) }, 'WRONG_TWO_FACTOR_CODE'],
        ['too early', { token: mine.token, code: totp(mine.secret, 3) }, 'WRONG_TWO_FACTOR_CODE'],
        ['short', { token: mine.token, code: '12345' }, 'WRONG_TWO_FACTOR_CODE'],
        ['foreign', { token: theirs.token, code: totp(theirs.secret) }, 'TOTP_SETUP_TOKEN_INVALID'],
        ['none', { token: 'none', code: totp(mine.secret) }, 'TOTP_SETUP_TOKEN_INVALID'],
        ['changed', { token: `A${mine.token.slice(1)}`, code: totp(mine.secret) }, 'TOTP_SETUP_TOKEN_INVALID'],
        ['a step-up token', { token: session.stepUp, code: totp(mine.secret) }, 'TOTP_SETUP_TOKEN_INVALID'],
      ]) {
        const res = await as(web, session)('POST', setup, json);
        assert.equal(res.json.code, code, what);
        assertProblem(res, 401, code);
      }
      assertInvalid(await as(web, session)('POST', setup, { token: mine.token, code: true }), 'code', 'WRONG_TYPE');
      assertInvalid(await as(web, session)('POST', setup, { code: '123456' }), 'token', 'MISSING');
      const me = await web.signIn({ email: session.email, register: false });
      assert.equal(me.login.json.twoFactorRequired, false);
    });

    it('TOT-6 OTP-2 what is on already is a conflict, and shows no secret', async () => {
      const who = await person(web);
      const session = await signInTotp(web, who);
      nextStep(stack, who);
      const up = await stepUp(web, session);
      const token = assertOk(await as(web, session)('POST', '/api/auth/2fa/step-up', { totp: totp(who.secret) },
        { 'X-Two-Factor-Authentication-Token': up.twoFactorAuthenticationToken })).stepUpToken;
      session.stepUp = token;
      assertProblem(await as(web, session)('GET', setup), 409, 'TWO_FACTOR_METHOD_ALREADY_ENABLED');
      assertProblem(await as(web, session)('POST', setup, { token: 'x', code: '123456' }), 409, 'TWO_FACTOR_METHOD_ALREADY_ENABLED');
      assertProblem(await as(web, session)('DELETE', '/api/auth/2fa/email'), 409, 'TWO_FACTOR_METHOD_ALREADY_DISABLED');
      assertProblem(await as(web, session)('DELETE', '/api/auth/2fa/totp'), 400, 'CANNOT_DISABLE_ONLY_TWO_FACTOR_METHOD');
      assertProblem(await as(web, session)('POST', '/api/auth/2fa/preferred-method', { method: 'email' }), 400, '2FA_DISABLED');
      assertInvalid(await as(web, session)('POST', '/api/auth/2fa/preferred-method', { method: 'pigeon' }), 'method', 'UNKNOWN_METHOD');
      assert.equal(assertOk(await as(web, session)('POST', '/api/auth/2fa/preferred-method', { method: 'TOTP' })).preferredTwoFactorMethod, 'totp');
    });
  });

  describe('passing it', () => {
    it('TFL-1 HDR-6 STA-3 the first half gives only a two-factor token, which status knows', async () => {
      const who = await person(web);
      const { res, token, browser } = await half(web, who);
      const { user, ...rest } = res.json;
      assert.deepEqual(rest, {
        accessToken: null, refreshToken: null, tokenType: null, expiresIn: null, refreshExpiresIn: null, sessionId: null, twoFactorRequired: true,
        twoFactorMethods: ['totp'], preferredTwoFactorMethod: 'totp', twoFactorAuthenticationToken: token, location: null,
      });
      assert.equal(user.id, who.subject);
      assert.deepEqual(res.cookies.map((c) => c.name), ['two_factor_authentication_token']);
      for (const known of [await browser.get('/api/auth/status'), await web.request('GET', '/api/auth/status', { headers: { 'X-Two-Factor-Authentication-Token': token } })]) {
        const { authenticated, twoFactorRequired, twoFactorMethods, preferredTwoFactorMethod } = assertOk(known);
        assert.deepEqual({ authenticated, twoFactorRequired, twoFactorMethods, preferredTwoFactorMethod },
          { authenticated: false, twoFactorRequired: true, twoFactorMethods: ['totp'], preferredTwoFactorMethod: 'totp' });
      }
    });

    it('TFL-2 A-6.3.4 a right code gives tokens that say so, and the cookie goes', async () => {
      const who = await person(web);
      const { browser } = await half(web, who);
      const res = await browser.post('/api/auth/2fa/login', { totp: totp(who.secret, 1) });
      const done = assertOk(res);
      assert.equal(done.twoFactorRequired, false);
      const { amr, acr } = claimsOf(done.accessToken);
      assert.deepEqual([amr, acr], [['pwd', 'otp', 'mfa'], '2']);
      assert.equal(res.cookies.find((c) => c.name === 'two_factor_authentication_token').value, '');
      const now = assertOk(await status(web.other, done.accessToken));
      assert.deepEqual([now.authenticated, now.twoFactorRequired, now.twoFactorMethods, now.preferredTwoFactorMethod], [true, false, ['totp'], 'totp']);
      assert.equal(assertOk(await browser.get('/api/auth/status')).authenticated, true);
    });

    it('TFL-7 in a browser that is signed in already it replaces that session', async () => {
      const who = await person(web);
      const { browser } = await half(web, who);
      const first = assertOk(await browser.post('/api/auth/2fa/login', { totp: totp(who.secret, 1) }));
      nextStep(stack, who);
      assertOk(await browser.post('/api/auth/login', { email: who.email, password: who.password }));
      const second = assertOk(await browser.post('/api/auth/2fa/login', { totp: totp(who.secret, 1) }));
      assert.notEqual(second.sessionId, first.sessionId);
      assertProblem(await status(web, first.accessToken), 401, 'SESSION_INVALID');
      assert.equal(assertOk(await status(web, second.accessToken)).authenticated, true);
    });

    it('TFL-2 a code may come as a number that lost its zeros', async () => {
      const who = await person(web);
      let ahead = 1;
      const { token } = await half(web, who);
      for (; ahead >= -1; ahead -= 1) if (totp(who.secret, ahead)[0] === '0') break;
      nextStep(stack, who);
      assertOk(await pass(web, token, { totp: Number(totp(who.secret, Math.max(ahead, -1))) }));
    });

    for (const [what, json] of [['nothing', {}], ['only a mailed code, which is off', { email: '123456' }], ['null', { totp: null }], ['an empty text', { totp: '' }]]) {
      it(`TFL-3 ${what} is no code, and costs no try`, async () => {
        const who = await person(web);
        const { token } = await half(web, who);
        for (let i = 0; i < 7; i += 1) assertProblem(await pass(web, token, json), 400, 'NO_2FA_CODE_PROVIDED');
        assertOk(await pass(web, token, { totp: totp(who.secret, 1) }));
      });
    }

    it('TFL-3 A-6.6.3 after five wrong codes the attempt is dead, over both servers, even for the right one', async () => {
      const who = await person(web);
      const { token } = await half(web, who);
      for (let i = 0; i < 5; i += 1) assertProblem(await pass(i % 2 ? web : web.other, token, { totp: wrong(totp(who.secret, 1)) }), 401, 'WRONG_TWO_FACTOR_CODE');
      assertProblem(await pass(web, token, { totp: totp(who.secret, 1) }), 401, 'TOO_MANY_WRONG_CODES');
      assert.equal(auditOf(stack, 'auth.two_factor_failed', { subject: who.subject }).length, 5);
      const status2 = assertOk(await web.request('GET', '/api/auth/status', { headers: { 'X-Two-Factor-Authentication-Token': token } }));
      assert.equal(status2.twoFactorRequired, false);
      assertOk(await pass(web, (await half(web, who)).token, { totp: totp(who.secret, 1) }));
    });

    it('R4226-7.3 F51 wrong codes count for the account over all its attempts, and a known device still gets in', async () => {
      const who = await person(web);
      const { browser: device } = await half(web, who);
      assertOk(await device.post('/api/auth/2fa/login', { totp: totp(who.secret, 1) }));
      forgive(stack);
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const { token } = await half(web, who);
        for (let i = 0; i < 5; i += 1) assertProblem(await pass(web, token, { totp: '000000' }), 401, 'WRONG_TWO_FACTOR_CODE');
      }
      const { token } = await half(web, who);
      const res = await pass(web.other, token, { totp: totp(who.secret, 1) });
      assertProblem(res, 429, 'TOO_MANY_REQUESTS');
      assert.ok(Number(res.headers['retry-after']) > 0);
      nextStep(stack, who);
      assert.equal((await device.post('/api/auth/login', { email: who.email, password: who.password })).json.twoFactorRequired, true);
      assertOk(await device.post('/api/auth/2fa/login', { totp: totp(who.secret, 1) }));
      forgive(stack);
    });

    it('A-2.3.1 TFL-4 without, with a foreign, a used, a changed or an old two-factor token nothing passes', async () => {
      const who = await person(web);
      const json = { totp: totp(who.secret, 1) };
      assertProblem(await web.request('POST', '/api/auth/2fa/login', { json }), 401, 'TWO_FACTOR_AUTHENTICATION_TOKEN_MISSING');
      const { token } = await half(web, who);
      for (const bad of ['x', `A${token.slice(1)}`, `${token}A`, '01890a5d-ac96-774b-bcce-b302099a8057']) {
        assertProblem(await pass(web, bad, json), 401, 'TWO_FACTOR_AUTHENTICATION_TOKEN_INVALID');
      }
      assertOk(await pass(web, token, json));
      nextStep(stack, who);
      assertProblem(await pass(web, token, json), 401, 'TWO_FACTOR_AUTHENTICATION_TOKEN_INVALID');
      const late = await half(web, who);
      stack.sql(`UPDATE challenge SET expires_us = expires_us - 301000000 WHERE account_id = ${bin(who.subject)}`);
      assertProblem(await pass(web, late.token, json), 401, 'TWO_FACTOR_AUTHENTICATION_TOKEN_EXPIRED');
    });

    it('N63B-6 R6238-5.2a A-6.5.1 a code passes once, and no older one after it', async () => {
      const who = await person(web);
      const code = totp(who.secret, 1);
      assertOk(await pass(web, (await half(web, who)).token, { totp: code }));
      for (const again of [code, totp(who.secret), totp(who.secret, -1)]) {
        assertProblem(await pass(web.other, (await half(web, who)).token, { totp: again }), 401, 'WRONG_TWO_FACTOR_CODE');
      }
    });

    it('A-6.5.8 R6238-5.2b A-6.5.5 one step early or late passes, two do not', async () => {
      const who = await person(web);
      for (const ahead of [-1, 0, 1]) {
        nextStep(stack, who);
        assertOk(await pass(web, (await half(web, who)).token, { totp: totp(who.secret, ahead) }));
      }
      nextStep(stack, who);
      for (const ahead of [-3, 3]) assertProblem(await pass(web, (await half(web, who)).token, { totp: totp(who.secret, ahead) }), 401, 'WRONG_TWO_FACTOR_CODE');
    });

    it('A-6.5.6 a change of the account ends the attempts that wait', async () => {
      const who = await person(web);
      const { token } = await half(web, who);
      stack.sql(`UPDATE account SET version = version + 1 WHERE id = ${bin(who.subject)}`);
      assertProblem(await pass(web, token, { totp: totp(who.secret, 1) }), 401, 'TWO_FACTOR_AUTHENTICATION_TOKEN_INVALID');
    });

    it('CSRF: a cookie from a foreign page passes nothing', async () => {
      const who = await person(web);
      const { token } = await half(web, who);
      const res = await web.request('POST', '/api/auth/2fa/login', {
        json: { totp: totp(who.secret, 1) }, headers: { ...cookieHeaders({ two_factor_authentication_token: token }), Origin: 'https://evil.example' },
      });
      assertProblem(res, 403, 'CROSS_SITE_REQUEST');
    });
  });

  describe('recovery codes', () => {
    const recover = '/api/auth/2fa/totp/recover';

    for (const path of [recover, '/api/auth/2fa/recover']) {
      it(`N63B-7 TOT-10 STP-1 POST ${path} signs in once per code, with a fresh proof`, async () => {
        const who = await person(web);
        const first = await half(web, who);
        const res = await first.browser.post(path, { code: who.recoveryCodes[3] });
        const done = assertOk(res);
        assert.deepEqual(claimsOf(done.accessToken).amr, ['pwd', 'otp', 'mfa']);
        const names = res.cookies.map((c) => c.name);
        for (const name of ['access_token', 'refresh_token', 'step_up_token', 'two_factor_authentication_token']) assert.ok(names.includes(name), name);
        assert.equal(res.cookies.find((c) => c.name === 'two_factor_authentication_token').value, '');
        const session = { ...done, stepUp: done.stepUpToken };
        assert.equal(assertOk(await as(web, session)('GET', '/api/auth/status')).stepUp, true);
        assertProblem(await pass(web, (await half(web, who)).token, { code: who.recoveryCodes[3] }, path), 401, 'WRONG_TOTP_RECOVERY_CODE');
        assert.equal(auditOf(stack, 'auth.recovery_code_used', { subject: who.subject }).length, 1);
      });
    }

    it('TOT-10 as people type it', async () => {
      const who = await person(web);
      const typed = who.recoveryCodes[0].toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
      assertOk(await pass(web, (await half(web, who)).token, { code: typed }, recover));
    });

    it('TOT-11 without a two-factor token, with a wrong code or another person\'s nothing opens', async () => {
      const who = await person(web);
      const other = await person(web);
      assertProblem(await web.request('POST', recover, { json: { code: who.recoveryCodes[0] } }), 401, 'TWO_FACTOR_AUTHENTICATION_TOKEN_MISSING');
      const { token } = await half(web, who);
      for (const code of [other.recoveryCodes[0], 'x', who.recoveryCodes[0].slice(0, -1), `${who.recoveryCodes[0]}0`]) {
        assertProblem(await pass(web, token, { code }, recover), 401, 'WRONG_TOTP_RECOVERY_CODE');
      }
    });

    it('A-7.5.1 A-6.5.6 new ones make the old ones void', async () => {
      const who = await person(web);
      const done = assertOk(await pass(web, (await half(web, who)).token, { code: who.recoveryCodes[0] }, recover));
      const session = { ...done, stepUp: done.stepUpToken };
      const { recoveryCodes } = assertOk(await as(web, session)('POST', '/api/auth/2fa/recovery-codes', {}));
      assert.equal(recoveryCodes.length, 10);
      const { token } = await half(web, who);
      assertProblem(await pass(web, token, { code: who.recoveryCodes[1] }, recover), 401, 'WRONG_TOTP_RECOVERY_CODE');
      assertOk(await pass(web, token, { code: recoveryCodes[1] }, recover));
    });

    it('TOT-11 who has no TOTP has no recovery codes', async () => {
      const session = await web.signIn();
      await stepUp(web, session);
      assertProblem(await as(web, session)('POST', '/api/auth/2fa/recovery-codes', {}), 400, 'TWO_FACTOR_METHOD_DISABLED');
    });
  });

  it('A-6.4.4 A-6.5.6 an operator takes lost factors away, with a ticket in the audit', async () => {
    const who = await person(web);
    const session = await signInTotp(web, who);
    assert.match(stack.ctl('factors', 'list', who.email), /yes\s+no\s+10/);
    assert.throws(() => stack.ctl('factors', 'reset', who.email));
    stack.ctl('factors', 'reset', who.email, '--ticket', 'HELP-7');
    assertProblem(await status(web, session.accessToken), 401, 'SESSION_INVALID');
    const [{ detail }] = auditOf(stack, 'factor.reset', { subject: who.subject });
    assert.match(detail, /HELP-7/);
    const again = await web.signIn({ email: who.email, register: false });
    assert.equal(again.login.json.twoFactorRequired, false);
    assert.equal(stack.sql(`SELECT COUNT(*) FROM recovery_code WHERE account_id = ${bin(who.subject)}`)[0][0], '0');
  });

  it('A-6.3.3 with header authentication a first half in the body never opens what an access token opens', async () => {
    const who = await person(web);
    const { token } = await half(web, who);
    for (const headers of [bearer(token), cookieHeaders({ access_token: token }), cookieHeaders({ refresh_token: token })]) {
      const res = await web.request('GET', '/api/auth/sessions', { headers });
      assert.equal(res.status, 401);
    }
    assert.equal((await enrol.call(null, web, await web.signIn())).recoveryCodes.length, 10);
  });
});
