// SPDX-License-Identifier: MIT
// The unmodified supertokens-node with a house of ours as its core: what people
// do with it every day.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { claimsOf, headerOf } from './lib/checks.mjs';
import { handleBin, throughCore } from './lib/core.mjs';
import { SdkApp } from './lib/sdk.mjs';

const password = 'Abcdefg1';

throughCore({}, (core, web, stack) => {
  const backend = new SdkApp();
  const sessions = new SdkApp();
  before(async () => {
    await backend.start(core);
    await sessions.start(core, { sessionsOnly: true });
  });
  after(async () => {
    await backend.stop();
    await sessions.stop();
  });
  const fresh = () => `${Math.random().toString(36).slice(2)}@example.org`;
  const ok = (res) => {
    assert.equal(res.status, 200, res.text);
    return res.json;
  };
  const unauthorised = (res, message) => assert.deepEqual([res.status, res.json], [401, { message }]);
  /** A back end for one test. */
  async function using(of, options, body) {
    const one = new SdkApp();
    await one.start(of, options);
    try {
      await body(one);
    } finally {
      await one.stop();
    }
  }

  /** Somebody who has signed up. */
  async function person(email = fresh()) {
    const client = backend.client();
    const { status, user } = ok(await client.form('/auth/signup', { email, password }));
    assert.equal(status, 'OK');
    return { client, email, user };
  }
  async function session(userId, options = {}) {
    const client = sessions.client();
    return { client, ...ok(await client.post('/session', { userId, ...options })) };
  }

  describe('accounts', () => {
    it('C01 E01 signing up and in gives a user and a session', async () => {
      const { client, email, user } = await person(` Ann.${fresh()} `);
      assert.deepEqual(user.emails, [email.trim().toLowerCase()]);
      assert.equal(user.loginMethods[0].recipeId, 'emailpassword');
      const me = ok(await client.get('/me'));
      assert.deepEqual([me.userId, me.recipeUserId, me.tenantId], [user.id, user.id, 'public']);
      const other = backend.client();
      const again = ok(await other.form('/auth/signin', { email: email.trim(), password }));
      assert.deepEqual([again.status, again.user.id], ['OK', user.id]);
      assert.notEqual(ok(await other.get('/me')).handle, me.handle);
      assert.deepEqual((await backend.call('Session', 'getAllSessionHandlesForUser', user.id)).sort(), [me.handle, ok(await other.get('/me')).handle].sort());
    });

    it('E01 an address that is taken, a wrong password and an unknown address are told', async () => {
      const { email } = await person();
      const again = ok(await backend.client().form('/auth/signup', { email: email.toUpperCase(), password }));
      assert.deepEqual([again.status, again.formFields?.[0].id], ['FIELD_ERROR', 'email']);
      for (const fields of [{ email, password: 'Abcdefg2' }, { email: fresh(), password }]) {
        assert.equal(ok(await backend.client().form('/auth/signin', fields)).status, 'WRONG_CREDENTIALS_ERROR');
      }
      assert.equal(ok(await backend.client().get(`/auth/emailpassword/email/exists?email=${encodeURIComponent(email)}`)).exists, true);
    });

    it('E03 a password is reset by a mailed token, once', async () => {
      const { email, user } = await person();
      ok(await backend.client().form('/auth/user/password/reset/token', { email }));
      const token = new URL(ok(await backend.client().get('/mail')).link).searchParams.get('token');
      const reset = () => backend.client().post('/auth/user/password/reset', { method: 'token', token, formFields: [{ id: 'password', value: 'Hijklmn2' }] });
      assert.equal(ok(await reset()).status, 'OK');
      assert.equal(ok(await reset()).status, 'RESET_PASSWORD_INVALID_TOKEN_ERROR');
      assert.equal(ok(await backend.client().form('/auth/signin', { email, password })).status, 'WRONG_CREDENTIALS_ERROR');
      assert.equal(ok(await backend.client().form('/auth/signin', { email, password: 'Hijklmn2' })).user.id, user.id);
    });

    it('E04 an address is verified by a mailed token, and the claim follows', async () => {
      const { client, user } = await person();
      assert.equal((await client.get('/verified')).status, 403);
      assert.equal(ok(await client.post('/auth/user/email/verify/token')).status, 'OK');
      const token = new URL(ok(await client.get('/mail')).link).searchParams.get('token');
      assert.equal(ok(await client.post('/auth/user/email/verify', { method: 'token', token })).status, 'OK');
      ok(await client.get('/verified'));
      const [method] = (await backend.call('supertokens', 'getUser', user.id)).loginMethods;
      assert.equal(method.verified, true);
    });

    it('E01 a user can be looked up, counted and deleted', async () => {
      const { client, email, user } = await person();
      assert.deepEqual((await backend.call('supertokens', 'listUsersByAccountInfo', 'public', { email })).map((u) => u.id), [user.id]);
      assert.ok(await backend.call('supertokens', 'getUserCount') >= 1);
      assert.ok((await backend.call('supertokens', 'getUsersNewestFirst', { tenantId: 'public', limit: 5 })).users.some((u) => u.id === user.id));
      assert.equal((await backend.call('supertokens', 'deleteUser', user.id)).status, 'OK');
      assert.equal(await backend.call('supertokens', 'getUser', user.id), undefined);
      unauthorised(await client.get('/looked'), 'unauthorised');
    });
  });

  describe('sessions', () => {
    it('C06 S01 S30 are begun for any user, with a payload', async () => {
      for (const userId of ['somebody', '']) {
        const { client, payload } = await session(userId, { payload: { a: 1 } });
        assert.equal(payload.a, 1);
        assert.equal(headerOf(client.tokens.access).version, '5');
        assert.equal(ok(await client.get('/me')).userId, userId);
      }
    });

    it('C06 S14 S15 a revoked one is seen by who looks', async () => {
      const { client, handle } = await session('u1');
      ok(await client.get('/looked'));
      assert.equal(await sessions.call('Session', 'revokeSession', handle), true);
      assert.equal(await sessions.call('Session', 'revokeSession', handle), false);
      ok(await client.get('/me'));
      unauthorised(await client.get('/looked'), 'unauthorised');
      unauthorised(await client.refresh(), 'unauthorised');
    });

    it('C06 S06 a refresh gives tokens, and the first check after it others', async () => {
      const { client } = await session('u2');
      const before = { ...client.tokens };
      ok(await client.refresh());
      assert.notEqual(client.tokens.refresh, before.refresh);
      const child = client.tokens.access;
      ok(await client.get('/me'));
      assert.notEqual(client.tokens.access, child);
      const promoted = client.tokens.access;
      ok(await client.get('/me'));
      assert.equal(client.tokens.access, promoted);
    });

    it('C06 S04 S11 a token that was used up is theft, and ends the session', async () => {
      const { client, handle } = await session('u3');
      const thief = client.twin();
      ok(await client.refresh());
      ok(await client.get('/me'));
      unauthorised(await thief.refresh(), 'token theft detected');
      assert.equal(await sessions.call('Session', 'getSessionInformation', handle), undefined);
      unauthorised(await client.refresh(), 'unauthorised');
    });

    it('C06 S03 what is no refresh token is none', async () => {
      const { client } = await session('u4');
      client.tokens.refresh = `${client.tokens.refresh.slice(0, 20)}A${client.tokens.refresh.slice(21)}`;
      unauthorised(await client.refresh(), 'unauthorised');
    });

    it('C06 S17 S18 S19 payload and data are changed in the session and from outside', async () => {
      const { client, handle } = await session('u5', { payload: { a: 1 }, data: { d: 1 } });
      assert.equal(ok(await client.post('/payload', { b: { c: [] } })).payload.a, 1);
      assert.deepEqual(claimsOf(client.tokens.access).b, { c: [] });
      assert.deepEqual(ok(await client.post('/data', { e: null })), { e: null });
      assert.equal(await sessions.call('Session', 'mergeIntoAccessTokenPayload', handle, { f: 2 }), true);
      assert.equal(ok(await client.get('/me')).payload.f, undefined);
      assert.equal(ok(await client.get('/looked')).payload.f, 2);
      assert.equal(ok(await client.get('/me')).payload.f, 2);
      const info = await sessions.call('Session', 'getSessionInformation', handle);
      assert.deepEqual(info.sessionDataInDatabase, { e: null });
      assert.equal(info.customClaimsInAccessTokenPayload.f, 2);
    });

    it('C06 S20 all of a user\'s are listed and revoked', async () => {
      const all = [await session('u6'), await session('u6'), await session('u6')].map((s) => s.handle).sort();
      assert.deepEqual((await sessions.call('Session', 'getAllSessionHandlesForUser', 'u6')).sort(), all);
      assert.deepEqual((await sessions.call('Session', 'revokeMultipleSessions', [all[0], 'nobody'])), [all[0]]);
      assert.deepEqual((await sessions.call('Session', 'revokeAllSessionsForUser', 'u6')).sort(), all.slice(1));
      assert.deepEqual(await sessions.call('Session', 'getAllSessionHandlesForUser', 'u6'), []);
    });

    it('C06 S13 an access token that has ended wants a refresh', async () => {
      const { client } = await session('u7');
      const [header, , signature] = client.tokens.access.split('.');
      const claims = { ...claimsOf(client.tokens.access), exp: 1000000000 };
      client.tokens.access = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
      unauthorised(await client.get('/me'), 'try refresh token');
      ok(await client.refresh());
      ok(await client.get('/me'));
    });

    it('C06 S15 signing out ends it', async () => {
      const { client, handle } = await session('u8');
      assert.deepEqual(ok(await client.post('/auth/signout')), { status: 'OK' });
      assert.equal(await sessions.call('Session', 'getSessionInformation', handle), undefined);
      assert.equal(stack.sql(`SELECT COUNT(*) FROM session WHERE id = ${handleBin(handle)} AND revoked_us = 0`)[0][0], '0');
    });
  });

  describe('what back ends keep', () => {
    it('C07 roles open what their claim guards', async () => {
      const { client, user } = await person();
      assert.equal((await client.get('/admin')).status, 403);
      assert.equal((await backend.call('UserRoles', 'createNewRoleOrAddPermissions', 'admin', ['read', 'write'])).status, 'OK');
      assert.deepEqual(await backend.call('UserRoles', 'addRoleToUser', 'public', user.id, 'admin'), { status: 'OK', didUserAlreadyHaveRole: false });
      assert.deepEqual((await backend.call('UserRoles', 'getRolesForUser', 'public', user.id)).roles, ['admin']);
      assert.deepEqual((await backend.call('UserRoles', 'getUsersThatHaveRole', 'public', 'admin')).users.includes(user.id), true);
      const again = backend.client();
      ok(await again.form('/auth/signin', { email: user.emails[0], password }));
      ok(await again.get('/admin'));
      assert.deepEqual(claimsOf(again.tokens.access)['st-role'].v, ['admin']);
      assert.deepEqual(claimsOf(again.tokens.access)['st-perm'].v.sort(), ['read', 'write']);
      assert.equal((await backend.call('UserRoles', 'addRoleToUser', 'public', user.id, 'nothing')).status, 'UNKNOWN_ROLE_ERROR');
    });

    it('C07 metadata is merged, and goes', async () => {
      const { user } = await person();
      assert.deepEqual((await backend.call('UserMetadata', 'updateUserMetadata', user.id, { a: 1, b: { c: 2 } })).metadata, { a: 1, b: { c: 2 } });
      assert.deepEqual((await backend.call('UserMetadata', 'updateUserMetadata', user.id, { a: null, d: 3 })).metadata, { b: { c: 2 }, d: 3 });
      await backend.call('UserMetadata', 'clearUserMetadata', user.id);
      assert.deepEqual((await backend.call('UserMetadata', 'getUserMetadata', user.id)).metadata, {});
    });

    it('C07 tokens of the back end\'s own are signed', async () => {
      const { status, jwt } = await backend.call('JWT', 'createJWT', { a: 1 }, 100);
      assert.equal(status, 'OK');
      const claims = claimsOf(jwt);
      assert.deepEqual([claims.a, claims.exp - claims.iat], [1, 100]);
      const { keys } = await backend.call('JWT', 'getJWKS');
      assert.ok(keys.some((key) => key.kid === headerOf(jwt).kid));
    });

    it('C04 tenants have users, factors and sessions of their own', async () => {
      const tenantId = `t-${web.name}`;
      assert.equal((await backend.call('Multitenancy', 'createOrUpdateTenant', tenantId, { firstFactors: ['emailpassword'] })).createdNew, true);
      assert.deepEqual((await backend.call('Multitenancy', 'getTenant', tenantId)).firstFactors, ['emailpassword']);
      assert.equal(await backend.call('Multitenancy', 'getTenant', 'nobody'), undefined);
      const { email, user } = await person();
      const there = backend.client();
      const other = ok(await there.form(`/auth/${tenantId}/signup`, { email, password }));
      assert.notEqual(other.user.id, user.id);
      const me = ok(await there.get('/me'));
      assert.deepEqual([me.tenantId, me.handle.split('_')[1]], [tenantId, tenantId]);
      ok(await there.refresh());
      ok(await there.get('/me'));
      const third = await person();
      assert.deepEqual(await backend.call('Multitenancy', 'associateUserToTenant', tenantId, { recipeUserId: third.user.id }), { status: 'OK', wasAlreadyAssociated: false });
      assert.deepEqual(await backend.call('Multitenancy', 'associateUserToTenant', tenantId, { recipeUserId: third.user.id }), { status: 'OK', wasAlreadyAssociated: true });
      assert.equal((await backend.call('Multitenancy', 'associateUserToTenant', tenantId, { recipeUserId: user.id })).status, 'EMAIL_ALREADY_EXISTS_ERROR');
      assert.equal((await backend.call('Multitenancy', 'associateUserToTenant', tenantId, { recipeUserId: 'nobody' })).status, 'UNKNOWN_USER_ID_ERROR');
      assert.equal(ok(await backend.client().form(`/auth/${tenantId}/signin`, { email: third.email, password })).user.id, third.user.id);
      assert.equal((await backend.call('Multitenancy', 'disassociateUserFromTenant', tenantId, { recipeUserId: third.user.id })).wasAssociated, true);
      assert.equal(ok(await backend.client().form(`/auth/${tenantId}/signin`, { email: third.email, password })).status, 'WRONG_CREDENTIALS_ERROR');
      assert.ok((await backend.call('Multitenancy', 'listAllTenants')).tenants.some((t) => t.tenantId === tenantId));
      assert.equal((await backend.call('Multitenancy', 'deleteTenant', tenantId)).didExist, true);
      assert.equal((await there.get('/looked')).status, 401);
    });

    it('C04 providers are kept with a tenant, secrets sealed', async () => {
      const config = { thirdPartyId: 'custom', name: 'Mine', clients: [{ clientId: 'a', clientSecret: 'the-secret-of-a-client' }], authorizationEndpoint: 'https://p.example/a' };
      const put = (more) => backend.call('Multitenancy', 'createOrUpdateThirdPartyConfig', 'public', { ...config, ...more }, true);
      assert.equal((await put()).createdNew, true);
      assert.equal((await put({ name: 'Ours' })).createdNew, false);
      const [provider] = (await backend.call('Multitenancy', 'getTenant', 'public')).thirdParty.providers;
      assert.deepEqual([provider.name, provider.clients[0].clientSecret], ['Ours', 'the-secret-of-a-client']);
      assert.equal(stack.sql(`SELECT COUNT(*) FROM realm WHERE providers_sealed LIKE '%secret%'`)[0][0], '0');
      assert.equal((await backend.call('Multitenancy', 'deleteThirdPartyConfig', 'public', 'custom')).didConfigExist, true);
      assert.equal((await backend.call('Multitenancy', 'deleteThirdPartyConfig', 'public', 'custom')).didConfigExist, false);
    });
  });

  describe('what goes wrong', () => {
    it('C02 C03 is told by the SDK in its words', async () => {
      const text = await backend.fails('Multitenancy', 'createOrUpdateTenant', 'a.b', {});
      assert.match(text, /^SuperTokens core threw an error for a PUT request to path: '\/recipe\/multitenancy\/tenant\/v2' with status code: 400 and message: /);
      await using(core.with({ key: 'not-the-key-of-back-ends' }), {}, async (locked) => {
        assert.match(await locked.fails('Session', 'getAllSessionHandlesForUser', 'u'), /with status code: 401 and message: Invalid API key/);
      });
    });

    it('C06 S16 anti-CSRF tokens are asked for when the back end wants them', async () => {
      await using(core, { sessionsOnly: true, session: { antiCsrf: 'VIA_TOKEN' } }, async (guarded) => {
        const client = guarded.client();
        const res = await client.post('/session', { userId: 'u9' }, { headers: { 'st-auth-mode': 'cookie' } });
        assert.equal(res.status, 200, res.text);
        assert.match(res.headers['anti-csrf'], /^[0-9a-f-]{36}$/);
        const cookie = res.cookies.map((c) => `${c.name}=${c.value}`).join('; ');
        const post = (headers) => client.post('/data', {}, { token: undefined, headers: { Cookie: cookie, 'st-auth-mode': 'cookie', Authorization: '', ...headers } });
        assert.equal((await post({ 'anti-csrf': client.tokens.antiCsrf })).status, 200);
        unauthorised(await post({}), 'try refresh token');
        unauthorised(await post({ 'anti-csrf': 'x' }), 'try refresh token');
      });
    });
  });
});
