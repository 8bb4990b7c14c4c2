// SPDX-License-Identifier: MIT
// Proved addresses, ids of the back end's own, and users of several tenants.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertRefused, assertStatus, createSession, throughCore } from './lib/core.mjs';

let made = 0;
const fresh = () => `mail${made += 1}-${process.pid}@example.test`;
const password = 'a password of somebody';

throughCore({ config: { cdi: { bcrypt_rounds: 4 } } }, (core, web, stack) => {
  const signUp = async (at, email = fresh()) => {
    const { user } = assertStatus(await at.post('/recipe/signup', { email, password }));
    return { ...user, email };
  };
  const userOf = async (at, userId) => assertStatus(await at.get('/user/id', { userId })).user;

  describe('verification', () => {
    const path = '/recipe/user/email/verify';
    const over = 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR';
    const make = async (at, userId, email) => assertStatus(await at.post(`${path}/token`, { userId, email })).token;
    const verify = (at, token) => at.post(path, { method: 'token', token });
    const isVerified = async (at, userId, email) => assertStatus(await at.get(path, { userId, email })).isVerified;

    it('E04 shows in the user\'s login methods', async () => {
      const { id, email } = await signUp(core);
      assert.equal(await isVerified(core, id, email), false);
      const [one, two] = [await make(core, id, email), await make(core, id, email.toUpperCase())];
      assert.deepEqual(assertStatus(await verify(core, one)), { status: 'OK', userId: id, email });
      assert.equal(await isVerified(core, id, email), true);
      assert.equal((await userOf(core, id)).loginMethods[0].verified, true);
      for (const token of [one, two, '', 'x']) assertStatus(await verify(core, token), over);
      assertStatus(await core.post(`${path}/token`, { userId: id, email }), 'EMAIL_ALREADY_VERIFIED_ERROR');
      assertStatus(await core.post(`${path}/remove`, { userId: id, email }));
      assert.equal((await userOf(core, id)).loginMethods[0].verified, false);
      assert.equal(await isVerified(core, id, email), false);
    });

    it('E04 needs no account', async () => {
      const [userId, email] = [`foreign-${fresh()}`, fresh()];
      assert.deepEqual(assertStatus(await verify(core, await make(core, userId, email))), { status: 'OK', userId, email });
      assert.equal(await isVerified(core, userId, email), true);
      assert.equal(await isVerified(core, userId, fresh()), false);
      assert.equal(await isVerified(core, 'somebody else', email), false);
      assertStatus(await core.post(`${path}/remove`, { userId, email }));
      assert.equal(await isVerified(core, userId, email), false);
    });

    it('E04 belongs to the address: another one is not proved, the old one again is', async () => {
      const { id, email } = await signUp(core);
      await verify(core, await make(core, id, email));
      const other = fresh();
      assertStatus(await core.put('/recipe/user', { recipeUserId: id, email: other }));
      assert.equal((await userOf(core, id)).loginMethods[0].verified, false);
      assertStatus(await core.put('/recipe/user', { recipeUserId: id, email }));
      assert.equal((await userOf(core, id)).loginMethods[0].verified, true);
    });

    it('E04 tokens can be dropped, end by time and are of their tenant', async () => {
      const app = await core.app();
      assertStatus(await app.put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' }));
      const { id, email } = await signUp(app);
      const dropped = await make(app, id, email);
      assertStatus(await app.post(`${path}/token/remove`, { userId: id, email }));
      assertStatus(await verify(app, dropped), over);
      const foreign = await make(app.tenant('t1'), id, email);
      assertStatus(await verify(app, foreign), over);
      const late = await make(app, id, email);
      stack.sql(`UPDATE app_token SET expires_us = 1 WHERE user_id = '${id}'`);
      assertStatus(await verify(app, late), over);
      assert.equal(await isVerified(app, id, email), false);
      for (const body of [{ token: late }, { method: 'magic', token: late }, { method: 'token' }]) assertRefused(await app.post(path, body), 400);
      assertRefused(await app.get(path, { userId: id }), 400, "Field name 'email' is missing in GET request");
    });
  });

  describe('ids of the back end\'s own', () => {
    const map = (at, superTokensUserId, externalUserId, more = {}) => at.post('/recipe/userid/map', { superTokensUserId, externalUserId, ...more });

    it('stand for the user everywhere', async () => {
      const app = await core.app();
      const { id, email } = await signUp(app);
      assertStatus(await map(app, id, 'ext-1', { externalUserIdInfo: 'a note' }));
      for (const [userId, userIdType] of [[id, 'SUPERTOKENS'], ['ext-1', 'EXTERNAL'], [id, 'ANY'], ['ext-1', 'ANY'], ['ext-1', undefined]]) {
        const body = assertStatus(await app.get('/recipe/userid/map', { userId, ...(userIdType && { userIdType }) }));
        assert.deepEqual(body, { status: 'OK', superTokensUserId: id, externalUserId: 'ext-1', externalUserIdInfo: 'a note' });
      }
      for (const userId of [id, 'ext-1']) {
        const user = await userOf(app, userId);
        assert.deepEqual([user.id, user.loginMethods[0].recipeUserId], ['ext-1', 'ext-1']);
      }
      const { user, recipeUserId } = assertStatus(await app.post('/recipe/signin', { email, password }));
      assert.deepEqual([user.id, recipeUserId], ['ext-1', 'ext-1']);
      const { session } = await createSession(app, { userId: id });
      assert.deepEqual([session.userId, session.recipeUserId], ['ext-1', 'ext-1']);
      const { token } = assertStatus(await app.post('/recipe/user/password/reset/token', { userId: 'ext-1', email }));
      assert.equal(assertStatus(await app.post('/recipe/user/password/reset/token/consume', { token })).userId, 'ext-1');
    });

    it('are given once, to users, and taken away again', async () => {
      const app = await core.app();
      const [one, two] = [await signUp(app), await signUp(app)];
      assertStatus(await map(app, one.id, 'ext-1'));
      for (const [id, external, own, foreign] of [[one.id, 'ext-2', true, false], [two.id, 'ext-1', false, true], [one.id, 'ext-1', true, true]]) {
        assert.deepEqual(assertStatus(await map(app, id, external), 'USER_ID_MAPPING_ALREADY_EXISTS_ERROR'), {
          status: 'USER_ID_MAPPING_ALREADY_EXISTS_ERROR', doesSuperTokensUserIdExist: own, doesExternalUserIdExist: foreign,
        });
      }
      assertStatus(await map(app, 'nobody', 'ext-3'), 'UNKNOWN_SUPERTOKENS_USER_ID_ERROR');
      assertRefused(await map(app, two.id, ''), 400);
      assertStatus(await app.get('/recipe/userid/map', { userId: two.id }), 'UNKNOWN_MAPPING_ERROR');
      const note = (userId, externalUserIdInfo) => app.put('/recipe/userid/external-user-id-info', { userId, userIdType: 'ANY', externalUserIdInfo });
      assertStatus(await note('ext-1', 'more'));
      assert.equal(assertStatus(await app.get('/recipe/userid/map', { userId: one.id })).externalUserIdInfo, 'more');
      assertStatus(await note('ext-1', null));
      assert.equal('externalUserIdInfo' in assertStatus(await app.get('/recipe/userid/map', { userId: one.id })), false);
      assertStatus(await note('nobody', 'x'), 'UNKNOWN_MAPPING_ERROR');
      const drop = (userId) => app.post('/recipe/userid/map/remove', { userId, userIdType: 'EXTERNAL' });
      assert.equal(assertStatus(await drop('ext-1')).didMappingExist, true);
      assert.equal(assertStatus(await drop('ext-1')).didMappingExist, false);
      assert.equal((await userOf(app, one.id)).id, one.id);
    });

    const uses = [
      ['Session', (app, userId) => createSession(app, { userId })],
      ['UserMetadata', async (app, userId) => assertStatus(await app.put('/recipe/user/metadata', { userId, metadataUpdate: { a: 1 } }))],
      ['UserRoles', async (app, userId) => {
        assertStatus(await app.put('/recipe/role', { role: 'reader' }));
        assertStatus(await app.put('/recipe/user/role', { userId, role: 'reader' }));
      }],
      ['TOTP', async (app, userId) => assertStatus(await app.post('/recipe/totp/device', { userId, deviceName: 'a', skew: 1, period: 30 }))],
    ];
    for (const [recipe, use] of uses) {
      it(`are not given while ${recipe} uses the own id, nor taken while it uses the other, unless forced`, async () => {
        const app = await core.app();
        const { id } = await signUp(app);
        const drop = (force) => app.post('/recipe/userid/map/remove', { userId: 'ext-1', userIdType: 'EXTERNAL', ...(force !== undefined && { force }) });
        const refusal = `UserId is already in use in ${recipe} recipe`;
        assertStatus(await map(app, id, 'ext-1'));
        await use(app, 'ext-1');
        for (const force of [undefined, false]) assertRefused(await drop(force), 400, refusal);
        assert.equal(assertStatus(await drop(true)).didMappingExist, true);
        const other = (await signUp(app)).id;
        await use(app, other);
        for (const more of [{}, { force: false }]) assertRefused(await map(app, other, 'ext-2', more), 400, refusal);
        assertStatus(await app.get('/recipe/userid/map', { userId: other }), 'UNKNOWN_MAPPING_ERROR');
        assertStatus(await map(app, other, 'ext-2', { force: true }));
      });
    }

    it('are not given to whom a proved address stands under his own id, unless forced', async () => {
      const app = await core.app();
      const { id, email } = await signUp(app);
      const { token } = assertStatus(await app.post('/recipe/user/email/verify/token', { userId: id, email }));
      assertStatus(await app.post('/recipe/user/email/verify', { method: 'token', token }));
      assertRefused(await map(app, id, 'ext-1'), 400, 'UserId is already in use in EmailVerification recipe');
      assertStatus(await map(app, id, 'ext-1', { force: true }));
      assert.equal((await userOf(app, 'ext-1')).loginMethods[0].verified, true);
    });
  });

  describe('several tenants', () => {
    it('S20 a user joins, signs in there, and leaves', async () => {
      const app = await core.app();
      const t1 = app.tenant('t1');
      assertStatus(await app.put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' }));
      const { id, email } = await signUp(app);
      const signIn = (at) => at.post('/recipe/signin', { email, password });
      const join = (at, recipeUserId) => at.post('/recipe/multitenancy/tenant/user', { recipeUserId });
      assertStatus(await signIn(t1), 'WRONG_CREDENTIALS_ERROR');
      assert.equal(assertStatus(await join(t1, id)).wasAlreadyAssociated, false);
      assert.equal(assertStatus(await join(t1, id)).wasAlreadyAssociated, true);
      assert.deepEqual(assertStatus(await signIn(t1)).user.tenantIds, ['public', 't1']);
      assertStatus(await t1.post('/recipe/signup', { email, password }), 'EMAIL_ALREADY_EXISTS_ERROR');
      assertStatus(await join(t1, 'nobody'), 'UNKNOWN_USER_ID_ERROR');

      const changed = fresh();
      assertStatus(await app.put('/recipe/user', { recipeUserId: id, email: changed }));
      assertStatus(await signIn(t1), 'WRONG_CREDENTIALS_ERROR');
      assertStatus(await t1.post('/recipe/signin', { email: changed, password }));
      const rival = await signUp(t1, email);
      assertStatus(await app.put('/recipe/user', { recipeUserId: id, email }), 'EMAIL_ALREADY_EXISTS_ERROR');
      assertStatus(await join(app, rival.id));

      const { session } = await createSession(t1, { userId: id });
      const leave = async (at) => assertStatus(await at.post('/recipe/multitenancy/tenant/user/remove', { recipeUserId: id })).wasAssociated;
      assert.equal(await leave(t1), true);
      assert.equal(await leave(t1), false);
      assertStatus(await app.get('/recipe/session', { sessionHandle: session.handle }), 'UNAUTHORISED');
      assert.equal(await leave(app), true);
      assert.deepEqual((await userOf(app, id)).tenantIds, []);
      assertStatus(await app.post('/recipe/signin', { email: changed, password }), 'WRONG_CREDENTIALS_ERROR');
      await signUp(app, changed);
      assertStatus(await join(app, id), 'EMAIL_ALREADY_EXISTS_ERROR');
      assert.equal(assertStatus(await join(t1, id)).wasAlreadyAssociated, false);
      assertStatus(await t1.post('/recipe/signin', { email: changed, password }));
    });

    it('E01 an address has one owner in a tenant, whoever is faster to join or to sign up', async () => {
      const app = await core.app();
      const t1 = app.tenant('t1');
      assertStatus(await app.put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' }));
      for (let i = 0; i < 8; i += 1) {
        const { id, email } = await signUp(app);
        const [joined, signedUp] = await Promise.all([
          t1.post('/recipe/multitenancy/tenant/user', { recipeUserId: id }),
          t1.other.post('/recipe/signup', { email, password }),
        ]);
        assert.deepEqual([joined.json.status, signedUp.json.status].sort(), ['EMAIL_ALREADY_EXISTS_ERROR', 'OK']);
        const { users } = assertStatus(await t1.get('/users/by-accountinfo', { email, doUnionOfAccountInfo: 'true' }));
        assert.equal(users.length, 1);
      }
    });
  });
});
