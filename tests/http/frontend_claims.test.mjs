// SPDX-License-Identifier: MIT
// By what a tenant lets people sign in, and what of their rights tokens tell to
// pages and applications.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomBytes } from 'node:crypto';
import { assertStatus } from './lib/core.mjs';
import { assertCleared, assertMessage, assertUntouched, claimsOf, Client, frontToken, throughFrontend } from './lib/frontend.mjs';

const password = 'a1b2c3d4e5';
const some = () => `u${randomBytes(6).toString('hex')}@example.org`;
const form = (fields) => ({ formFields: Object.entries(fields).map(([id, value]) => ({ id, value })) });
const config = { fdi: { roles: 'yes', expose_access_token: 'yes' }, cdi: { bcrypt_rounds: 4 } };

throughFrontend({ config }, (web, core) => {
  const tenant = async (settings) => {
    const tenantId = `t${randomBytes(6).toString('hex')}`;
    assertStatus(await core.put('/recipe/multitenancy/tenant/v2', { tenantId, ...settings }));
    return tenantId;
  };
  const methods = async (tenantId) => {
    const res = await web.request('GET', `/auth/${tenantId}/loginmethods`);
    assert.equal(res.status, 200, res.text);
    return res.json;
  };

  describe('first factors', () => {
    for (const [name, settings, open, told] of [
      ['all there are when it names none', { firstFactors: null }, true, ['emailpassword']],
      ['a password alone', { firstFactors: ['emailpassword'] }, true, ['emailpassword']],
      ['a factor of the back end\'s own beside it', { firstFactors: ['custom:one', 'emailpassword'] }, true, ['custom:one', 'emailpassword']],
      ['not those that are not served here', { firstFactors: ['thirdparty', 'emailpassword', 'otp-email', 'webauthn'] }, true, ['emailpassword']],
      ['none', { firstFactors: [] }, false, []],
      ['another one only', { firstFactors: ['otp-email'] }, false, []],
      ['one of the back end\'s own only', { firstFactors: ['emailpassword2'] }, false, ['emailpassword2']],
    ]) {
      it(`a tenant's login methods tell ${name}`, async () => {
        const tenantId = await tenant(settings);
        assert.deepEqual(await methods(tenantId), {
          status: 'OK', emailPassword: { enabled: open }, passwordless: { enabled: false }, webauthn: { enabled: false },
          thirdParty: { enabled: false, providers: [] }, firstFactors: told,
        });
        const client = new Client(web, { mode: 'cookie' });
        const email = some();
        const up = await client.post(`/auth/${tenantId}/signup`, form({ email, password }));
        if (open) assert.equal(up.json?.status, 'OK', up.text);
        else assertMessage(up, 401, 'unauthorised');
      });
    }

    it('where a password is none, nobody is signed in or up by one, and no account begins', async () => {
      const tenantId = await tenant({ firstFactors: ['emailpassword'] });
      const email = some();
      assert.equal((await new Client(web).post(`/auth/${tenantId}/signup`, form({ email, password }))).json.status, 'OK');
      assertStatus(await core.put('/recipe/multitenancy/tenant/v2', { tenantId, firstFactors: ['custom'] }));
      for (const [path, fields] of [['signin', { email, password }], ['signin', { email, password: 'wrong' }], ['signin', { email: some(), password }], ['signup', { email: some(), password }]]) {
        const client = new Client(web);
        const res = await client.post(`/auth/${tenantId}/${path}`, form(fields));
        assertMessage(res, 401, 'unauthorised');
        assertCleared(res);
        assert.equal(client.jar.size, 0);
      }
      const { users } = assertStatus(await core.tenant(tenantId).get('/users'));
      assert.deepEqual(users.map((u) => u.emails), [[email]]);
      assertStatus(await core.put('/recipe/multitenancy/tenant/v2', { tenantId, firstFactors: null }));
      assert.equal((await new Client(web).post(`/auth/${tenantId}/signin`, form({ email, password }))).json.status, 'OK');
    });

    it('where a second factor is wanted, nobody is signed in or up by a password alone, and no account begins', async () => {
      const tenantId = await tenant({ firstFactors: null });
      const email = some();
      const member = new Client(web);
      assert.equal((await member.post(`/auth/${tenantId}/signup`, form({ email, password }))).json.status, 'OK');
      assertStatus(await core.put('/recipe/multitenancy/tenant/v2', { tenantId, requiredSecondaryFactors: ['totp'] }));
      for (const [path, fields, status] of [
        ['signin', { email, password }, 'SIGN_IN_NOT_ALLOWED'], ['signin', { email, password: 'wrong' }, 'SIGN_IN_NOT_ALLOWED'],
        ['signin', { email: some(), password }, 'SIGN_IN_NOT_ALLOWED'], ['signup', { email: some(), password }, 'SIGN_UP_NOT_ALLOWED'],
        ['signup', { email, password }, 'SIGN_UP_NOT_ALLOWED'],
      ]) {
        const client = new Client(web);
        const res = await client.post(`/auth/${tenantId}/${path}`, form(fields));
        assert.deepEqual([res.status, res.json.status], [200, status], res.text);
        assertUntouched(res);
        assert.equal(client.jar.size, 0);
      }
      const { users } = assertStatus(await core.tenant(tenantId).get('/users'));
      assert.deepEqual(users.map((u) => u.emails), [[email]]);
      assert.equal((await member.refresh()).status, 200);
      assert.equal((await new Client(web).post('/auth/signup', form({ email: some(), password }))).json.status, 'OK');
      assertStatus(await core.put('/recipe/multitenancy/tenant/v2', { tenantId, requiredSecondaryFactors: null }));
      assert.equal((await new Client(web).post(`/auth/${tenantId}/signin`, form({ email, password }))).json.status, 'OK');
    });

    it('who is to show a second factor, as a back end has noted, is not signed in by a password alone', async () => {
      const email = some();
      const up = await new Client(web).post('/auth/signup', form({ email, password }));
      const note = async (requiredSecondaryFactors) => assertStatus(await core.put('/recipe/user/metadata', {
        userId: up.json.user.id, metadataUpdate: { _supertokens: requiredSecondaryFactors && { requiredSecondaryFactors }, name: 'Ann' },
      }));
      for (const [factors, status] of [[['totp'], 'SIGN_IN_NOT_ALLOWED'], [['otp-email', 'totp'], 'SIGN_IN_NOT_ALLOWED'], [[], 'OK'], [null, 'OK']]) {
        await note(factors);
        const client = new Client(web);
        const res = await client.post('/auth/signin', form({ email, password }));
        assert.equal(res.json.status, status, res.text);
        if (status !== 'OK') assertUntouched(res);
        assert.equal(client.jar.size, status === 'OK' ? 2 : 0);
        assert.equal((await new Client(web).post('/auth/signin', form({ email, password: 'wrong' }))).json.status, 'WRONG_CREDENTIALS_ERROR');
      }
    });

    it('a form that is none is told before', async () => {
      const tenantId = await tenant({ firstFactors: [] });
      assertMessage(await new Client(web).post(`/auth/${tenantId}/signin`, {}), 400, 'Missing input param: formFields');
    });

    it('of an unknown tenant nothing is told', async () => {
      const res = await web.request('GET', '/auth/nobody/loginmethods');
      assert.equal(res.status, 400, res.text);
      assertUntouched(res);
    });
  });

  describe('F11 rights', () => {
    const signUp = async (mode = 'cookie') => {
      const client = new Client(web, { mode });
      const email = some();
      const res = await client.post('/auth/signup', form({ email, password }));
      assert.equal(res.json?.status, 'OK', res.text);
      return { client, email, res, id: res.json.user.id };
    };
    const again = async ({ client, email }) => {
      const res = await client.post('/auth/signin', form({ email, password }));
      return frontToken(res).up;
    };
    const grant = async (userId, role) => assertStatus(await core.put('/recipe/user/role', { userId, role }));

    it('tokens tell the roles a user has, and what they permit, in one list each', async () => {
      const [writer, reader] = [1, 2].map(() => `r${randomBytes(4).toString('hex')}`);
      assertStatus(await core.put('/recipe/role', { role: writer, permissions: ['write', 'read'] }));
      assertStatus(await core.put('/recipe/role', { role: reader, permissions: ['read'] }));
      const person = await signUp();
      const before = frontToken(person.res).up;
      assert.deepEqual([before['st-role'].v, before['st-perm'].v], [[], []]);
      assert.ok(Math.abs(before['st-role'].t - Date.now()) < 600e3);
      await grant(person.id, writer);
      await grant(person.id, reader);
      const after = await again(person);
      assert.deepEqual(after['st-role'].v.sort(), [reader, writer].sort());
      assert.deepEqual(after['st-perm'].v.sort(), ['read', 'write']);
    });

    it('a role that was taken away is in no token of a new session', async () => {
      const role = `r${randomBytes(4).toString('hex')}`;
      assertStatus(await core.put('/recipe/role', { role, permissions: ['all'] }));
      const person = await signUp();
      await grant(person.id, role);
      assert.deepEqual((await again(person))['st-role'].v, [role]);
      assertStatus(await core.post('/recipe/user/role/remove', { userId: person.id, role }));
      const after = await again(person);
      assert.deepEqual([after['st-role'].v, after['st-perm'].v], [[], []]);
    });

    it('a role of one tenant is none in another', async () => {
      const role = `r${randomBytes(4).toString('hex')}`;
      const tenantId = await tenant({ firstFactors: null });
      assertStatus(await core.put('/recipe/role', { role, permissions: [] }));
      const person = await signUp();
      assertStatus(await core.tenant(tenantId).put('/recipe/user/role', { userId: person.id, role }));
      assert.deepEqual((await again(person))['st-role'].v, []);
    });
  });

  describe('the access token for scripts', () => {
    it('is told beside the cookie, by sign-up and refresh alike, and may be read by pages', async () => {
      const client = new Client(web, { mode: 'cookie', headers: { Origin: 'https://id.example.test' } });
      const up = await client.post('/auth/signup', form({ email: some(), password }));
      for (const res of [up, await client.refresh()]) {
        const cookie = decodeURIComponent(res.cookies.find((c) => c.name === 'sAccessToken').value);
        assert.equal(res.headers['st-access-token'], cookie);
        assert.equal(claimsOf(cookie).sub, up.json.user.id);
        assert.match(res.headers['access-control-expose-headers'], /\bst-access-token\b/);
        assert.equal(res.headers['st-refresh-token'], undefined);
      }
    });
  });
});

throughFrontend({ name: 'that exposes nothing', config: { cdi: { bcrypt_rounds: 4 } } }, (web) => {
  it('by default no script sees a token that is in a cookie, and tokens tell no roles', async () => {
    const client = new Client(web, { mode: 'cookie' });
    const up = await client.post('/auth/signup', form({ email: some(), password }));
    for (const res of [up, await client.refresh()]) {
      assert.equal(res.headers['st-access-token'], undefined);
      assert.deepEqual(Object.keys(frontToken(res).up).filter((name) => name.startsWith('st-')), []);
    }
  });
});
