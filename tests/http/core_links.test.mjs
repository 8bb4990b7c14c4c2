// SPDX-License-Identifier: MIT
// Accounts that are one user, and people a provider vouches for.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { assertRefused, assertStatus, createSession, refreshSession, throughCore, verifySession } from './lib/core.mjs';
import { claimsOf, tally, together } from './lib/checks.mjs';

const root = '/recipe/accountlinking/user';
const addressTaken = 'ACCOUNT_INFO_ALREADY_ASSOCIATED_WITH_ANOTHER_PRIMARY_USER_ID_ERROR';

throughCore({ config: { cdi: { bcrypt_rounds: 4 } } }, (core) => {
  const fresh = () => `${randomUUID()}@example.org`;
  const signUp = async (email = fresh(), at = core) => assertStatus(await at.post('/recipe/signup', { email, password: 'a long phrase 1' })).user;
  const enter = async (person = {}, at = core) => assertStatus(await at.post('/recipe/signinup', {
    thirdPartyId: 'google', thirdPartyUserId: randomUUID(), ...person, email: { id: fresh(), isVerified: false, ...person.email },
  }));
  const entered = async (email) => (await enter({ email: { id: email } })).user;
  const primary = async (recipeUserId, at = core) => assertStatus(await at.post(`${root}/primary`, { recipeUserId }));
  const link = (recipeUserId, primaryUserId, at = core) => at.post(`${root}/link`, { recipeUserId, primaryUserId });
  const unlink = async (recipeUserId) => assertStatus(await core.post(`${root}/unlink`, { recipeUserId }));
  const get = async (userId) => assertStatus(await core.get('/user/id', { userId })).user;
  const mayPrimary = (recipeUserId) => core.get(`${root}/primary/check`, { recipeUserId });
  const mayLink = (recipeUserId, primaryUserId) => core.get(`${root}/link/check`, { recipeUserId, primaryUserId });
  /** A primary user and an account linked to it. */
  async function pair() {
    const [one, other] = [await signUp(), await signUp()];
    await primary(one.id);
    assertStatus(await link(other.id, one.id));
    return { one, other };
  }

  describe('a primary user', () => {
    it('is made of an account once, and by asking nothing changes', async () => {
      const { id } = await signUp();
      assert.deepEqual(assertStatus(await mayPrimary(id)), { status: 'OK', wasAlreadyAPrimaryUser: false });
      assert.equal((await get(id)).isPrimaryUser, false);
      const made = await primary(id);
      assert.equal(made.wasAlreadyAPrimaryUser, false);
      assert.equal(made.user.isPrimaryUser, true);
      assert.deepEqual(made.user, await get(id));
      assert.equal((await primary(id)).wasAlreadyAPrimaryUser, true);
      assert.equal(assertStatus(await mayPrimary(id)).wasAlreadyAPrimaryUser, true);
    });

    it('has an address that no other primary user of the tenant has', async () => {
      const email = fresh();
      const [one, other] = [await signUp(email), await entered(email)];
      await primary(one.id);
      for (const res of [await mayPrimary(other.id), await core.post(`${root}/primary`, { recipeUserId: other.id })]) {
        const told = assertStatus(res, addressTaken);
        assert.equal(told.primaryUserId, one.id);
        assert.equal(typeof told.description, 'string');
      }
      assert.equal((await get(other.id)).isPrimaryUser, false);
    });

    it('is made of one of two accounts of an address, however many ask at once', async () => {
      const email = fresh();
      const ids = [(await signUp(email)).id, (await entered(email)).id, (await entered(email)).id];
      const answers = await together(6, (i) => core.post(`${root}/primary`, { recipeUserId: ids[i % 3] }));
      const winners = (await Promise.all(ids.map(get))).filter((u) => u.isPrimaryUser);
      assert.equal(winners.length, 1);
      assert.deepEqual(tally(answers.map((res) => ({ status: res.json.status }))), { OK: 2, [addressTaken]: 4 });
    });

    it('is none of an account that is linked to another', async () => {
      const { one, other } = await pair();
      const status = 'RECIPE_USER_ID_ALREADY_LINKED_WITH_PRIMARY_USER_ID_ERROR';
      assert.equal(assertStatus(await mayPrimary(other.id), status).primaryUserId, one.id);
      assert.equal(assertStatus(await core.post(`${root}/primary`, { recipeUserId: other.id }), status).primaryUserId, one.id);
    });
  });

  describe('linked accounts', () => {
    it('are one user, whichever id is asked for, by whichever way signed in', async () => {
      const [one, other] = [await signUp(), await enter({ email: { isVerified: true } })];
      await primary(one.id);
      assert.deepEqual(assertStatus(await mayLink(other.user.id, one.id)), { status: 'OK', accountsAlreadyLinked: false });
      const { user, accountsAlreadyLinked } = assertStatus(await link(other.user.id, one.id));
      assert.equal(accountsAlreadyLinked, false);
      assert.equal(user.id, one.id);
      assert.equal(user.isPrimaryUser, true);
      assert.deepEqual(user.loginMethods.map((l) => [l.recipeUserId, l.recipeId, l.verified]),
        [[one.id, 'emailpassword', false], [other.user.id, 'thirdparty', true]]);
      assert.deepEqual([...user.emails].sort(), [one.emails[0], other.user.emails[0]].sort());
      assert.deepEqual(await get(other.user.id), user);
      const { thirdParty: [person] } = other.user;
      const again = await enter({ thirdPartyId: person.id, thirdPartyUserId: person.userId, email: { id: other.user.emails[0] } });
      assert.deepEqual([again.createdNewUser, again.user.id, again.recipeUserId], [false, one.id, other.user.id]);
      assert.equal(assertStatus(await link(other.user.id, one.id)).accountsAlreadyLinked, true);
      assert.equal(assertStatus(await mayLink(other.user.id, one.id)).accountsAlreadyLinked, true);
    });

    it('S29 get a new sub at the next refresh, and rsub stays', async () => {
      const app = await core.app();
      const [one, other] = [await signUp(fresh(), app), await signUp(fresh(), app)];
      const session = await createSession(app, { userId: other.id });
      const claims = () => { const { sub, rsub } = claimsOf(session.accessToken.token); return { sub, rsub }; };
      assert.deepEqual(claims(), { sub: other.id, rsub: other.id });
      await primary(one.id, app);
      assertStatus(await link(other.id, one.id, app));
      assertStatus(await verifySession(app, session.accessToken.token));
      const next = assertStatus(await refreshSession(app, session.refreshToken.token));
      const { sub, rsub } = claimsOf(next.accessToken.token);
      assert.deepEqual({ sub, rsub }, { sub: one.id, rsub: other.id });
      assert.deepEqual([next.session.userId, next.session.recipeUserId], [one.id, other.id]);
      const { sessionHandles } = assertStatus(await app.get('/recipe/session/user', { userId: one.id }));
      assert.deepEqual(sessionHandles, [session.session.handle]);
    });

    it('are parted again, and the account is a user of its own', async () => {
      const { one, other } = await pair();
      assert.deepEqual(await unlink(other.id), { status: 'OK', wasRecipeUserDeleted: false, wasLinked: true });
      assert.equal((await get(other.id)).id, other.id);
      assert.equal((await get(other.id)).isPrimaryUser, false);
      assert.equal((await get(one.id)).loginMethods.length, 1);
      assert.deepEqual(await unlink(other.id), { status: 'OK', wasRecipeUserDeleted: false, wasLinked: false });
      assert.deepEqual(await unlink(one.id), { status: 'OK', wasRecipeUserDeleted: false, wasLinked: true });
      assert.equal((await get(one.id)).isPrimaryUser, false);
    });

    it('keep the primary id when its own account is parted, which deletes it', async () => {
      const { one, other } = await pair();
      assert.deepEqual(await unlink(one.id), { status: 'OK', wasRecipeUserDeleted: true, wasLinked: true });
      const user = await get(other.id);
      assert.equal(user.id, one.id);
      assert.deepEqual(user.loginMethods.map((l) => l.recipeUserId), [other.id]);
      assert.deepEqual(await get(one.id), user);
    });

    it('are not linked to another, nor to whom is no primary user', async () => {
      const { one, other } = await pair();
      const [third, plain] = [await signUp(), await signUp()];
      await primary(third.id);
      const status = 'RECIPE_USER_ID_ALREADY_LINKED_WITH_ANOTHER_PRIMARY_USER_ID_ERROR';
      for (const id of [other.id, one.id]) {
        assert.equal(assertStatus(await mayLink(id, third.id), status).primaryUserId, one.id);
        const told = assertStatus(await link(id, third.id), status);
        assert.equal(told.primaryUserId, one.id);
        assert.equal(told.user.id, one.id);
      }
      assertStatus(await mayLink(third.id, plain.id), 'INPUT_USER_IS_NOT_A_PRIMARY_USER');
      assertStatus(await link(plain.id, plain.id), 'INPUT_USER_IS_NOT_A_PRIMARY_USER');
    });

    it('never bring a primary user an address another one has', async () => {
      const email = fresh();
      const [owner, one, same] = [await signUp(email), await signUp(), await entered(email)];
      await primary(owner.id);
      await primary(one.id);
      assert.equal(assertStatus(await mayLink(same.id, one.id), addressTaken).primaryUserId, owner.id);
      assert.equal(assertStatus(await link(same.id, one.id), addressTaken).primaryUserId, owner.id);
      assertStatus(await link(same.id, owner.id));
    });

    it('are told by external ids where those are mapped', async () => {
      const { one, other } = await pair();
      const ext = `ext-${randomUUID()}`;
      assertStatus(await core.post('/recipe/userid/map', { superTokensUserId: one.id, externalUserId: ext }));
      assert.equal((await get(other.id)).id, ext);
      assert.equal(assertStatus(await link(other.id, ext)).accountsAlreadyLinked, true);
      assert.equal((await unlink(other.id)).wasLinked, true);
    });
  });

  describe('a provider\'s person', () => {
    it('is made once and known by provider and id', async () => {
      const person = { thirdPartyId: 'github', thirdPartyUserId: randomUUID(), email: { id: ` ${fresh().toUpperCase()} ` } };
      const made = await enter(person);
      const email = person.email.id.trim().toLowerCase();
      assert.deepEqual([made.createdNewUser, made.recipeUserId, made.user.emails], [true, made.user.id, [email]]);
      assert.deepEqual(made.user.thirdParty, [{ id: 'github', userId: person.thirdPartyUserId }]);
      const again = await enter(person);
      assert.equal(again.createdNewUser, false);
      assert.deepEqual(again.user, made.user);
      const other = await enter({ ...person, thirdPartyId: 'gitlab' });
      assert.equal(other.createdNewUser, true);
      const find = async (query) => assertStatus(await core.get('/users/by-accountinfo', { doUnionOfAccountInfo: false, ...query })).users.map((u) => u.id);
      assert.deepEqual(await find({ thirdPartyId: 'github', thirdPartyUserId: person.thirdPartyUserId }), [made.user.id]);
      assert.deepEqual(await find({ email }), [made.user.id, other.user.id]);
      assert.deepEqual(await find({ thirdPartyId: 'nobody', thirdPartyUserId: person.thirdPartyUserId }), []);
    });

    it('is made once, however many ask at the same time', async () => {
      const person = { thirdPartyUserId: randomUUID(), email: { id: fresh() } };
      const answers = await together(5, () => enter(person));
      assert.equal(answers.filter((a) => a.createdNewUser).length, 1);
      assert.equal(new Set(answers.map((a) => a.user.id)).size, 1);
    });

    it('E04 has a verified address when the provider says so, and takes a new one over', async () => {
      const person = { thirdPartyUserId: randomUUID() };
      const first = await enter({ ...person, email: { id: fresh(), isVerified: false } });
      assert.equal(first.user.loginMethods[0].verified, false);
      const proved = await enter({ ...person, email: { id: first.user.emails[0], isVerified: true } });
      assert.equal(proved.user.loginMethods[0].verified, true);
      const still = await enter({ ...person, email: { id: first.user.emails[0], isVerified: false } });
      assert.equal(still.user.loginMethods[0].verified, true);
      const moved = await enter({ ...person, email: { id: fresh(), isVerified: false } });
      assert.notEqual(moved.user.emails[0], first.user.emails[0]);
      assert.deepEqual([moved.user.id, moved.user.emails.length, moved.user.loginMethods[0].verified], [first.user.id, 1, false]);
    });

    it('of a primary user does not take an address another primary user has', async () => {
      const email = fresh();
      const person = { thirdPartyId: 'google', thirdPartyUserId: randomUUID() };
      const [owner, { user }] = [await signUp(email), await enter(person)];
      await primary(owner.id);
      await primary(user.id);
      const res = await core.post('/recipe/signinup', { ...person, email: { id: email, isVerified: true } });
      assert.equal(typeof assertStatus(res, 'EMAIL_CHANGE_NOT_ALLOWED_ERROR').reason, 'string');
      assert.deepEqual((await get(user.id)).emails, user.emails);
    });

    it('does not sign in by a password', async () => {
      const { emails: [email] } = (await enter()).user;
      assertStatus(await core.post('/recipe/signin', { email, password: 'a long phrase 1' }), 'WRONG_CREDENTIALS_ERROR');
      await signUp(email);
    });

    it('S26 is told flat to back ends of 3.1, by provider and by address', async () => {
      const old = core.with({ cdi: '3.1' });
      const [thirdPartyUserId, email] = [randomUUID(), fresh()];
      await signUp(email);
      const made = assertStatus(await old.post('/recipe/signinup', { thirdPartyId: 'google', thirdPartyUserId, email: { id: email } }));
      const { id, timeJoined } = made.user;
      const flat = { id, email, timeJoined, tenantIds: ['public'], thirdParty: { id: 'google', userId: thirdPartyUserId } };
      assert.deepEqual(made, { status: 'OK', createdNewUser: true, user: flat });
      assert.deepEqual(assertStatus(await old.get('/recipe/user', { thirdPartyId: 'google', thirdPartyUserId })).user, flat);
      assert.deepEqual(assertStatus(await old.get('/recipe/users/by-email', { email })).users, [flat]);
      assertStatus(await old.get('/recipe/user', { thirdPartyId: 'github', thirdPartyUserId }), 'UNKNOWN_THIRD_PARTY_USER_ERROR');
      assert.deepEqual(assertStatus(await old.get('/recipe/users/by-email', { email: fresh() })).users, []);
    });

    it('is another user in another tenant', async () => {
      const app = await core.app();
      assertStatus(await app.put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' }));
      const person = { thirdPartyUserId: randomUUID(), email: { id: fresh() } };
      const [here, there] = [await enter(person, app), await enter(person, app.tenant('t1'))];
      assert.deepEqual([here.createdNewUser, there.createdNewUser], [true, true]);
      assert.deepEqual([here.user.tenantIds, there.user.tenantIds], [['public'], ['t1']]);
    });
  });

  const wrong = (name) => `Field name '${name}' is invalid in JSON input`;
  const person = { thirdPartyId: 'google', thirdPartyUserId: 'u', email: { id: 'a@example.org', isVerified: true } };
  for (const [body, text] of [
    [{}, wrong('thirdPartyId')], [{ ...person, thirdPartyId: 1 }, wrong('thirdPartyId')], [{ ...person, thirdPartyId: '' }, wrong('thirdPartyId')],
    [{ ...person, thirdPartyId: 'g'.repeat(33) }, wrong('thirdPartyId')], [{ ...person, thirdPartyUserId: null }, wrong('thirdPartyUserId')],
    [{ ...person, email: 'a@example.org' }, wrong('email')], [{ ...person, email: {} }, wrong('id')],
    [{ ...person, email: { id: 'a@example.org' } }, wrong('isVerified')], [{ ...person, email: { id: 'a@example.org', isVerified: 'yes' } }, wrong('isVerified')],
    [{ ...person, email: { id: ' ', isVerified: true } }, wrong('email')],
  ]) {
    it(`C03 signinup refuses ${JSON.stringify(body).slice(0, 80)}`, async () => {
      assertRefused(await core.post('/recipe/signinup', body), 400, text);
    });
  }

  it('C03 unknown accounts and missing ids are refused', async () => {
    const unknown = 'Unknown user ID provided';
    const { id } = await signUp();
    for (const nobody of ['', 'nobody', randomUUID()]) {
      assertRefused(await core.post(`${root}/primary`, { recipeUserId: nobody }), 400, unknown);
      assertRefused(await link(nobody, id), 400, unknown);
      assertRefused(await link(id, nobody), 400, unknown);
      assertRefused(await core.post(`${root}/unlink`, { recipeUserId: nobody }), 400, unknown);
    }
    assertRefused(await mayPrimary('nobody'), 400, unknown);
    assertRefused(await core.get(`${root}/primary/check`), 400, "Field name 'recipeUserId' is missing in GET request");
    assertRefused(await core.get(`${root}/link/check`, { recipeUserId: id }), 400, "Field name 'primaryUserId' is missing in GET request");
    assertRefused(await core.post(`${root}/link`, { recipeUserId: id }), 400, wrong('primaryUserId'));
  });
});
