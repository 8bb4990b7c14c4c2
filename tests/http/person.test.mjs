// SPDX-License-Identifier: MIT
// One's own account, where no mail leaves.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertInvalid, assertOk, assertProblem, bearer, claimsOf, rfc3339, uuid } from './lib/checks.mjs';

through({ config: { mail: { transport: 'none' } } }, (web) => {
  const call = (session, method, path, options = {}) => web.request(method, path, { ...options, headers: { ...bearer(session.accessToken), ...options.headers } });

  describe('the account', () => {
    it('A-15.3.1 PRO-1 GET /api/users/me shows every member', async () => {
      const session = await web.signIn();
      const { createdAt, lastActive, ...me } = assertOk(await call(session, 'GET', '/api/users/me'));
      for (const time of [createdAt, lastActive]) assert.match(time, rfc3339);
      assert.match(me.id, uuid);
      assert.deepEqual(me, {
        id: claimsOf(session.accessToken).sub, name: 'Ann', email: session.email, emailVerified: false, phone: null, identityProviders: ['password'],
        roles: ['USER'], groups: [], twoFactorAuthEnabled: false, twoFactorMethods: [], preferredTwoFactorMethod: null, locale: null,
      });
    });

    it('PRO-1 PUT changes name and language and leaves what is not named', async () => {
      const session = await web.signIn();
      const put = async (json) => assertOk(await call(session, 'PUT', '/api/users/me', { json }));
      assert.equal((await put({ name: '  Zo\u0065\u0308  ' })).name, 'Zo\u00eb');
      const both = await put({ locale: 'de-AT' });
      assert.deepEqual([both.name, both.locale], ['Zo\u00eb', 'de-AT']);
      const none = await put({ name: null });
      assert.deepEqual([none.name, none.locale], ['Zo\u00eb', 'de-AT']);
      const away = await put({ name: '', locale: '' });
      assert.deepEqual([away.name, away.locale], [null, null]);
      assertOk(await call(session, 'GET', '/api/users/me'));
    });

    for (const [what, json, field, code] of [
      ['a number for a name', { name: 7 }, 'name', 'WRONG_TYPE'],
      ['a line break in a name', { name: 'Ann\nBob' }, 'name', 'CONTROL_CHARACTER'],
      ['a name of 201 characters', { name: 'x'.repeat(201) }, 'name', 'NAME_INVALID'],
      ['a language that is no tag', { locale: 'de_AT' }, 'locale', 'LOCALE_INVALID'],
      ['an endless subtag', { locale: 'de-abcdefghi' }, 'locale', 'LOCALE_INVALID'],
      ['a tag that ends in a hyphen', { locale: 'de-' }, 'locale', 'LOCALE_INVALID'],
      ['a right of one\'s own choice', { roles: ['ADMIN'] }, 'roles', 'UNKNOWN_FIELD'],
    ]) {
      it(`SA-13 PUT refuses ${what}`, async () => {
        assertInvalid(await call(await web.signIn(), 'PUT', '/api/users/me', { json }), field, code);
      });
    }

    for (const [method, path] of [['GET', '/api/users/me'], ['PUT', '/api/users/me'], ['DELETE', '/api/users/me'], ['PUT', '/api/users/me/email'],
      ['PUT', '/api/users/me/password'], ['POST', '/api/users/me/password'], ['POST', '/api/users/password'], ['GET', '/api/auth/me'],
      ['POST', '/api/auth/complete-profile'], ['POST', '/api/auth/email/verification/send'], ['GET', '/api/auth/email/verification/cooldown']]) {
      it(`ACC-1 ${method} ${path} wants an access token before it looks at the body`, async () => {
        assertProblem(await web.request(method, path, { json: method === 'GET' ? undefined : { nonsense: true } }), 401, 'AUTHENTICATION_REQUIRED');
      });
    }

    for (const [method, path, json] of [['DELETE', '/api/users/me'], ['PUT', '/api/users/me/email', { newEmail: 'new@example.org' }],
      ...['PUT /api/users/me/password', 'POST /api/users/me/password', 'POST /api/users/password'].map((row) => [...row.split(' '), { oldPassword: 'x', newPassword: 'y' }])]) {
      it(`A-7.5.1 PRO-5 PRO-6 ${method} ${path} wants a fresh proof`, async () => {
        const res = await call(await web.signIn(), method, path, { json });
        assertProblem(res, 401, 'STEP_UP_REQUIRED');
        assert.match(res.headers['www-authenticate'], /insufficient_user_authentication.*max_age="300"/);
      });
    }
  });

  describe('by other names', () => {
    it('SA-15 SA-16 the display name is trimmed and shown', async () => {
      const session = await web.signIn();
      const user = { userId: session.subject, phoneNumber: null, email: session.email, displayName: 'Ann', sessionId: session.sessionId };
      assert.deepEqual(assertOk(await call(session, 'GET', '/api/auth/me')), { user });
      const done = await call(session, 'POST', '/api/auth/complete-profile', { json: { displayName: '  Bo  ' } });
      assert.deepEqual(assertOk(done), { user: { ...user, displayName: 'Bo' } });
      assert.deepEqual(assertOk(await call(session, 'GET', '/api/auth/me')), { user: { ...user, displayName: 'Bo' } });
    });

    for (const displayName of ['', ' ', 'B', '  B  ']) {
      it(`SA-15 "${displayName}" is too short a display name`, async () => {
        assertProblem(await call(await web.signIn(), 'POST', '/api/auth/complete-profile', { json: { displayName } }), 400, 'DISPLAY_NAME_TOO_SHORT', 'Display name must be at least 2 characters');
      });
    }

    it('SA-01 GET /api/health tells the time and needs no cookie', async () => {
      const { timestamp, ...rest } = assertOk(await web.request('GET', '/api/health'));
      assert.match(timestamp, rfc3339);
      assert.deepEqual(rest, { status: 'ok' });
    });
  });

  describe('without mail', () => {
    it('VER-3 what only mail can do is 503', async () => {
      const session = await web.signIn();
      assertProblem(await call(session, 'POST', '/api/auth/email/verification/send'), 503, 'EMAIL_DISABLED');
      for (const email of [session.email, 'nobody@example.org']) {
        assertProblem(await web.request('POST', '/api/auth/password/reset-request', { json: { email } }), 503, 'EMAIL_DISABLED');
      }
      assert.deepEqual(assertOk(await call(session, 'GET', '/api/auth/email/verification/cooldown')), { remaining: 0 });
      assert.deepEqual(assertOk(await web.request('GET', `/api/auth/password/reset/cooldown?email=${encodeURIComponent(session.email)}`)), { remaining: 0 });
    });

    for (const [what, path, options, code] of [
      ['no token', '/api/auth/email/verification', {}, ['token', 'MISSING']],
      ['an empty token', '/api/auth/email/verification?token=', {}, ['token', 'MISSING']],
      ['no address', '/api/auth/password/reset/cooldown', { method: 'GET' }, ['email', 'EMAIL_INVALID']],
      ['no token', '/api/auth/password/reset', { json: { newPassword: 'a long enough phrase' } }, ['token', 'MISSING']],
      ['no password', '/api/auth/password/reset?token=x', { json: {} }, ['newPassword', 'MISSING']],
    ]) {
      it(`VER-2 ${path} refuses ${what}`, async () => {
        const { method = 'POST', ...rest } = options;
        assertInvalid(await web.request(method, path, rest), ...code);
      });
    }

    for (const token of ['x', 'A'.repeat(64), '-'.repeat(64), 'A'.repeat(512)]) {
      it(`VER-2 PWR-4 a token of no link, ${token.length} of ${token[0]}, opens nothing`, async () => {
        assertProblem(await web.request('POST', '/api/auth/email/verification', { json: { token } }), 401, 'EMAIL_VERIFICATION_TOKEN_INVALID', 'Invalid link');
        assertProblem(await web.request('POST', `/api/auth/email/verification?token=${token}`), 401, 'EMAIL_VERIFICATION_TOKEN_INVALID');
        assertProblem(await web.request('POST', '/api/auth/password/reset', { json: { token, newPassword: 'a long enough phrase' } }), 401, 'PASSWORD_RESET_TOKEN_INVALID', 'Invalid link');
      });
    }

    it('a token in the body and another in the address is no token', async () => {
      assertProblem(await web.request('POST', '/api/auth/email/verification?token=x', { json: { token: 'x' } }), 400, 'BAD_REQUEST');
    });
  });
});
