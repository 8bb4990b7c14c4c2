// SPDX-License-Identifier: MIT
// Signing up and in, forgotten passwords and proved addresses, as browsers with
// an SDK of SuperTokens ask for them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertOk, bearer } from './lib/checks.mjs';
import { assertStatus } from './lib/core.mjs';
import { assertMessage, assertUntouched, claimsOf, Client, frontToken, throughFrontend } from './lib/frontend.mjs';
import { totp } from './lib/totp.mjs';

const password = 'a1b2c3d4e5';
const some = () => `u${Math.random().toString(36).slice(2)}@example.org`;
const form = (fields) => ({ formFields: Object.entries(fields).map(([id, value]) => ({ id, value })) });
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const flaws = {
  missing: 'Field is not optional',
  short: 'Password must contain at least 8 characters, including a number',
  long: "Password's length must be lesser than 100 characters",
  letter: 'Password must contain at least one alphabet',
  digit: 'Password must contain at least one number',
  email: 'Email is invalid',
  taken: 'This email already exists. Please sign in instead.',
};
const fieldError = (...pairs) => ({ status: 'FIELD_ERROR', formFields: pairs.map(([id, error]) => ({ id, error })) });
const config = { fdi: { email_verification: 'required' }, cdi: { bcrypt_rounds: 4 }, two_factor: { email_default: 'no' } };

throughFrontend({ sink: {}, config }, (web, core, stack) => {
  const post = (path, json, options) => new Client(web, options).post(path, json);
  /** Somebody who has just signed up. */
  async function signedUp({ mode = 'cookie', email = some() } = {}) {
    const client = new Client(web, { mode });
    const res = await client.post('/auth/signup', form({ email, password }));
    assert.equal(res.json?.status, 'OK', res.text);
    return { client, email, res, user: res.json.user };
  }
  const tokenOf = async (to, kind) => {
    const message = await stack.sink.waitFor({ to, kind });
    return new URL(/https:\/\/\S+token=\S+/.exec(message.text)[0]);
  };

  it('opens accounts of the own API, but none that wants a second factor', async () => {
    const { email, password: phrase, browser, accessToken } = await web.signIn();
    const signIn = () => new Client(web).post('/auth/signin', form({ email, password: phrase }));
    assert.equal((await signIn()).json.status, 'OK');
    const { stepUpToken } = assertOk(await browser.post('/api/auth/step-up', { password: phrase }));
    const headers = { ...bearer(accessToken), 'X-Step-Up-Token': stepUpToken };
    const { token, secret } = assertOk(await web.request('GET', '/api/auth/2fa/totp/setup', { headers }));
    assertOk(await web.request('POST', '/api/auth/2fa/totp/setup', { headers, json: { token, code: totp(secret) } }));
    const refused = await signIn();
    assert.equal(refused.json.status, 'SIGN_IN_NOT_ALLOWED', refused.text);
    assert.match(refused.json.reason, /second factor/);
    assertUntouched(refused);
    const wrong = await new Client(web).post('/auth/signin', form({ email, password: 'wrong' }));
    assert.deepEqual(wrong.json, { status: 'WRONG_CREDENTIALS_ERROR' });
  });

  describe('forms', () => {
    for (const path of ['/auth/signup', '/auth/signin', '/auth/user/password/reset/token', '/auth/public/signin']) {
      for (const [name, json, message] of [
        ['nothing', {}, 'Missing input param: formFields'],
        ['a text', { formFields: 'x' }, 'formFields must be an array'],
        ['an object', { formFields: {} }, 'formFields must be an array'],
        ['null', { formFields: null }, 'formFields must be an array'],
        ['a list of texts', { formFields: ['x'] }, 'All elements of formFields must be an object'],
        ['a list with null', { formFields: [null] }, 'All elements of formFields must be an object'],
        ['an element without id', { formFields: [{ value: 'x' }] }, "All elements of formFields must contain an 'id' and 'value' field"],
        ['an element without value', { formFields: [{ id: 'email' }] }, "All elements of formFields must contain an 'id' and 'value' field"],
        ['an address that is a number', { formFields: [{ id: 'email', value: 1 }] }, 'email value must be a string'],
        ['too many', form({ email: some(), password, more: 'x' }), 'Are you sending too many formFields?'],
      ]) {
        it(`F09 ${path}: ${name} is no form`, async () => {
          const res = await post(path, json);
          assertMessage(res, 400, message);
          assertUntouched(res);
        });
      }

      it(`F09 ${path}: a body that is no JSON is none`, async () => {
        for (const [type, body] of [['text/plain', JSON.stringify(form({ email: some(), password }))], ['application/x-www-form-urlencoded', 'email=a']]) {
          const res = await web.request('POST', path, { body, headers: { 'Content-Type': type } });
          assertMessage(res, 400, 'Missing input param: formFields');
        }
        assert.equal((await web.request('POST', path, { body: '{"formFields":[', headers: { 'Content-Type': 'application/json' } })).status, 400);
      });
    }

    for (const [name, fields, ...wrong] of [
      ['neither', {}, ['password', flaws.missing], ['email', flaws.missing]],
      ['empty ones', { email: '', password: '' }, ['password', flaws.missing], ['email', flaws.missing]],
      ['blanks for an address', { email: '  ', password }, ['email', flaws.missing]],
      ['seven characters', { email: some(), password: 'abcdef1' }, ['password', flaws.short]],
      ['a hundred characters', { email: some(), password: `1${'a'.repeat(99)}` }, ['password', flaws.long]],
      ['no letter', { email: some(), password: '12345678' }, ['password', flaws.letter]],
      ['no digit', { email: some(), password: 'abcdefgh' }, ['password', flaws.digit]],
      ['no address', { email: 'abc', password }, ['email', flaws.email]],
      ['no domain', { email: 'abc@', password }, ['email', flaws.email]],
      ['a domain without a dot', { email: 'abc@host', password }, ['email', flaws.email]],
      ['both wrong', { email: 'abc', password: 'abc' }, ['password', flaws.short], ['email', flaws.email]],
    ]) {
      it(`F09 sign-up with ${name} is told field by field`, async () => {
        const res = await post('/auth/signup', form(fields));
        assert.equal(res.status, 200, res.text);
        assert.deepEqual(res.json, fieldError(...wrong));
        assertUntouched(res);
      });
    }

    it('F09 takes 8 and 99 characters, as scripts count them', async () => {
      for (const word of ['abcdefg1', `1${'a'.repeat(98)}`, '😀😀😀a1']) assert.equal((await post('/auth/signup', form({ email: some(), password: word }))).json.status, 'OK', word);
    });

    it('F09 sign-in asks no more of a password than that it is there', async () => {
      assert.deepEqual((await post('/auth/signin', form({ email: some(), password: 'x' }))).json, { status: 'WRONG_CREDENTIALS_ERROR' });
      assert.deepEqual((await post('/auth/signin', form({ email: some(), password: '' }))).json, fieldError(['password', flaws.missing]));
    });

    it('F09 whether there is an account wants the address in the query', async () => {
      for (const path of ['/auth/emailpassword/email/exists', '/auth/signup/email/exists']) {
        assertMessage(await web.request('GET', path), 400, 'Please provide the email as a GET param');
        const { email } = await signedUp();
        assert.deepEqual((await web.request('GET', `${path}?email=${email}`)).json, { status: 'OK', exists: true });
        assert.deepEqual((await web.request('GET', `${path}?email=${some()}`)).json, { status: 'OK', exists: false });
      }
    });
  });

  describe('signing up and in', () => {
    for (const mode of ['cookie', 'header']) {
      it(`F01 F02 E01 ${mode}: signs up and in with the session's tokens that way alone`, async () => {
        const { client, email, res, user } = await signedUp({ mode, email: ` ${some().toUpperCase()} ` });
        assert.match(user.id, uuid);
        assert.deepEqual(user.emails, [email.trim().toLowerCase()]);
        assert.equal(user.loginMethods[0].recipeId, 'emailpassword');
        assert.equal(res.cookies.length, mode === 'cookie' ? 2 : 0);
        assert.equal(res.headers['st-access-token'] !== undefined, mode === 'header');
        const { uid, up } = frontToken(res);
        assert.equal(uid, user.id);
        assert.equal(up.sub, user.id);
        assert.equal(up.iss, 'https://id.example.test/auth');
        assert.equal((await client.get('/auth/user/email/verify')).json.isVerified, false);
        const again = await new Client(web, { mode }).post('/auth/signin', form({ email, password }));
        assert.equal(again.json.status, 'OK', again.text);
        assert.equal(again.json.user.id, user.id);
        assert.notEqual(frontToken(again).up.sessionHandle, up.sessionHandle);
      });
    }

    it('F02 without a word about the mode it is header fields', async () => {
      const res = await web.request('POST', '/auth/signup', { json: form({ email: some(), password }) });
      assert.deepEqual(res.cookies, []);
      assert.ok(res.headers['st-access-token']);
    });

    it('F02 a new session takes the tokens of the other mode away', async () => {
      const { client, email } = await signedUp({ mode: 'cookie' });
      const res = await client.post('/auth/signin', form({ email, password }), { headers: { 'st-auth-mode': 'header' } });
      assert.deepEqual(res.cookies.map((c) => [c.name, c.value]), [['sAccessToken', ''], ['sRefreshToken', '']]);
      assert.ok(res.headers['st-access-token']);
      assert.notEqual(res.headers['front-token'], 'remove');
    });

    it('E01 an address has one account, however it is written', async () => {
      const { email } = await signedUp();
      const res = await post('/auth/signup', form({ email: ` ${email.toUpperCase()}`, password }));
      assert.deepEqual(res.json, fieldError(['email', flaws.taken]));
      assertUntouched(res);
    });

    it('E05 a wrong password and an unknown address are answered alike', async () => {
      const { email } = await signedUp();
      const [wrong, unknown] = [await post('/auth/signin', form({ email, password: 'wrong' })), await post('/auth/signin', form({ email: some(), password }))];
      assert.equal(wrong.text, '{"status":"WRONG_CREDENTIALS_ERROR"}');
      assert.equal(wrong.text, unknown.text);
      assertUntouched(wrong);
    });

    it('users are told in the form of the version that is spoken', async () => {
      const { email } = await signedUp();
      for (const [versions, rich] of [['1.16', false], ['1.17,2.0', false], ['1.18', true], ['1.16,1.17,3.0', true], ['4.1', true]]) {
        const { user } = (await new Client(web, { headers: { 'fdi-version': versions } }).post('/auth/signin', form({ email, password }))).json;
        assert.equal(user.loginMethods !== undefined, rich, versions);
        if (!rich) assert.deepEqual(Object.keys(user), ['id', 'email', 'timeJoined']);
      }
    });

    it('sessions are seen and ended by back ends', async () => {
      const { client, user } = await signedUp();
      const { sessionHandles } = assertStatus(await core.get('/recipe/session/user', { userId: user.id }));
      assert.equal(sessionHandles.length, 1);
      assertStatus(await core.post('/recipe/session/remove', { sessionHandles }));
      assertMessage(await client.refresh(), 401, 'unauthorised');
    });

    it('foreign pages sign nobody in', async () => {
      const { email } = await signedUp();
      const res = await new Client(web).post('/auth/signin', form({ email, password }), { headers: { Origin: 'https://evil.example' } });
      assert.equal(res.status, 403);
      assertUntouched(res);
    });
  });

  describe('forgotten passwords', () => {
    it('E03 a mailed token sets a new one once, and ends every session', async () => {
      const { client, email } = await signedUp();
      assert.deepEqual((await post('/auth/user/password/reset/token', form({ email }))).json, { status: 'OK' });
      const link = await tokenOf(email, 'password-reset');
      assert.equal(`${link.origin}${link.pathname}`, 'https://id.example.test/auth/reset-password');
      assert.equal(link.searchParams.get('tenantId'), 'public');
      const token = link.searchParams.get('token');
      const reset = (fields) => post('/auth/user/password/reset', { method: 'token', token, ...fields });
      assert.deepEqual((await reset(form({ password: 'short1' }))).json, fieldError(['password', flaws.short]));
      assert.deepEqual((await reset(form({ password: 'another1' }))).json, { status: 'OK' });
      assert.deepEqual((await reset(form({ password: 'another2' }))).json, { status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR' });
      assertMessage(await client.refresh(), 401, 'unauthorised');
      assert.equal((await post('/auth/signin', form({ email, password }))).json.status, 'WRONG_CREDENTIALS_ERROR');
      assert.equal((await post('/auth/signin', form({ email, password: 'another1' }))).json.status, 'OK');
    });

    it('E03 an unknown address is answered alike, and a token must be there', async () => {
      assert.equal((await post('/auth/user/password/reset/token', form({ email: some() }))).text, '{"status":"OK"}');
      assertMessage(await post('/auth/user/password/reset', { method: 'token', ...form({ password }) }), 400, 'Please provide the password reset token');
      assert.deepEqual((await post('/auth/user/password/reset', { method: 'token', token: 'x', ...form({ password }) })).json, { status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR' });
    });
  });

  describe('proved addresses', () => {
    it('F11 E04 a session whose address is not proved is refused by its claim, until it is', async () => {
      const { client, email, res, user } = await signedUp();
      const claim = frontToken(res).up['st-ev'];
      assert.deepEqual(Object.keys(claim), ['v', 't']);
      assert.equal(claim.v, false);
      const refused = await client.verify();
      assert.equal(refused.status, 403, refused.text);
      assert.deepEqual(refused.json, { message: 'invalid claim', claimValidationErrors: [{ id: 'st-ev', reason: { message: 'wrong value', expectedValue: true, actualValue: false } }] });
      assert.deepEqual((await client.post('/auth/user/email/verify/token', {})).json, { status: 'OK' });
      const link = await tokenOf(email, 'verify-email');
      assert.equal(`${link.origin}${link.pathname}`, 'https://id.example.test/auth/verify-email');
      const proof = { method: 'token', token: link.searchParams.get('token') };
      const done = await client.post('/auth/user/email/verify', proof);
      assert.deepEqual(done.json, { status: 'OK' });
      assert.equal(frontToken(done).up['st-ev'].v, true);
      assert.deepEqual(Object.keys(frontToken(done).up), Object.keys(frontToken(res).up));
      assert.equal(claimsOf(done.cookies.find((c) => c.name === 'sAccessToken').value).sub, user.id);
      const open = await client.verify();
      assert.equal(open.status, 200, open.text);
      assert.equal(open.headers['x-session-user'], user.id);
      assert.deepEqual((await client.get('/auth/user/email/verify')).json, { status: 'OK', isVerified: true });
      assert.deepEqual((await client.post('/auth/user/email/verify/token', {})).json, { status: 'EMAIL_ALREADY_VERIFIED_ERROR' });
      assert.deepEqual((await client.post('/auth/user/email/verify', proof)).json, { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' });
      const { user: told } = assertStatus(await core.get('/user/id', { userId: user.id }));
      assert.equal(told.loginMethods[0].verified, true);
    });

    it('E04 a link proves the address also where nobody is signed in', async () => {
      const { client, email } = await signedUp();
      await client.post('/auth/user/email/verify/token', {});
      const token = (await tokenOf(email, 'verify-email')).searchParams.get('token');
      const res = await post('/auth/user/email/verify', { method: 'token', token });
      assert.deepEqual(res.json, { status: 'OK' });
      assertUntouched(res);
      assert.equal((await client.get('/auth/user/email/verify')).json.isVerified, true);
      assert.equal((await client.verify()).status, 200);
    });

    it('E04 a token must be there, and a session to ask for one', async () => {
      assertMessage(await post('/auth/user/email/verify', { method: 'token' }), 400, 'Please provide the email verification token');
      for (const [method, path] of [['POST', '/auth/user/email/verify/token'], ['GET', '/auth/user/email/verify']]) {
        const res = await new Client(web).request(method, path);
        assertMessage(res, 401, 'unauthorised');
        assertUntouched(res);
      }
    });
  });
});
