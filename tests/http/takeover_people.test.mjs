// SPDX-License-Identifier: MIT
// After a takeover everybody is who they were: whom a provider knows, whose
// hash another service has made, who is linked, and who holds a mail.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assertStatus, throughCore } from './lib/core.mjs';
import { folder, own, remove } from './lib/process.mjs';
import { sourceOf } from './lib/supertokens.mjs';
import { firebaseKey } from './lib/supertokens_db.mjs';

const dir = folder();
const signer = join(dir, 'signer-key');
writeFileSync(signer, `${firebaseKey}\n`, { mode: 0o600 });
own(signer);
after(() => remove(dir));

/* A house per web server: what is taken over is used up. */
for (const web of ['lighttpd', 'apache']) {
  throughCore({ webs: [web], name: `of people taken over, ${web}`, config: { cdi: { firebase_signer_key_file: signer } } }, (core, _web, stack) => {
    let world;
    const at = (u, tenant = u.tenants[0]) => core.with({ prefix: `${u.app === 'public' ? '' : `/appid-${u.app}`}${tenant === 'public' ? '' : `/${tenant}`}` });
    const enter = async (there, u, more = {}) => assertStatus(await there.post('/recipe/signinup', {
      thirdPartyId: u.provider, thirdPartyUserId: u.subject, email: { id: u.email, isVerified: false }, ...more,
    }));
    const known = (u) => u.external ?? u.id;
    const primaryOf = (u) => known(world.users[u.primary] ?? u);

    before(() => {
      const source = sourceOf(stack);
      world = source.world;
      source.take();
      source.drop();
    });

    describe('whom a provider knows', () => {
      for (const name of ['gusto', 'hal', 'ivy', 'jim']) {
        it(`${name} is found by the provider and by the address O01`, async () => {
          const u = world.users[name];
          for (const query of [{ thirdPartyId: u.provider, thirdPartyUserId: u.subject }, { email: u.email }]) {
            const { users } = assertStatus(await at(u).get('/users/by-accountinfo', { doUnionOfAccountInfo: 'false', ...query }));
            assert.ok(users.map((user) => user.id).includes(primaryOf(u)), JSON.stringify(query));
          }
        });

        it(`${name} signs in as the same user O01`, async () => {
          const u = world.users[name];
          const { createdNewUser, user, recipeUserId } = await enter(at(u), u);
          assert.equal(createdNewUser, false);
          assert.equal(user.id, primaryOf(u));
          assert.equal(recipeUserId, known(u));
          const login = user.loginMethods.find((l) => l.recipeUserId === known(u));
          assert.deepEqual(login.thirdParty, { id: u.provider, userId: u.subject });
          assert.equal(login.timeJoined, u.at);
          assert.deepEqual(login.tenantIds.sort(), [...u.tenants].sort());
          assert.equal(login.verified, ['gusto', 'jim'].includes(name), 'as the source has it');
        });
      }

      it('signs in as the same user in a further tenant, and is nobody new there O01', async () => {
        const { ivy } = world.users;
        const { createdNewUser, user } = await enter(at(ivy, 'customers'), ivy);
        assert.deepEqual([createdNewUser, user.id], [false, ivy.id]);
        assert.equal((await enter(at(ivy, 'customers'), ivy, { thirdPartyUserId: '1003' })).createdNewUser, true, 'another person with that address');
      });

      it('is another person with another id, at another provider, in another tenant or application O01', async () => {
        const { gusto, hal } = world.users;
        const there = [[at(gusto), { ...gusto, subject: '1001 ' }], [at(gusto), { ...gusto, provider: 'github' }], [at(gusto, 'customers'), gusto], [at(hal, 'public'), hal],
          [core.with({ prefix: '/appid-shop' }), hal]];
        for (const [where, u] of there) assert.equal((await enter(where, u)).createdNewUser, true, JSON.stringify(u));
      });

      it('opens nothing by a password O01', async () => {
        const { ivy } = world.users;
        assertStatus(await at(ivy).post('/recipe/signin', { email: ivy.email, password: 'correct horse 1' }), 'WRONG_CREDENTIALS_ERROR');
      });
    });

    it('password and provider of one user stay linked O01', async () => {
      const { gus, gusto } = world.users;
      const { user } = assertStatus(await core.get('/user/id', { userId: gusto.id }));
      assert.equal(user.id, gus.id);
      assert.equal(user.isPrimaryUser, true);
      assert.deepEqual(user.loginMethods.map((l) => [l.recipeUserId, l.recipeId]), [[gus.id, 'emailpassword'], [gusto.id, 'thirdparty']]);
      assert.equal(assertStatus(await core.post('/recipe/signin', { email: gus.email, password: gus.clear })).user.id, gus.id);
    });

    describe('a mail sent before', () => {
      const reset = (token) => core.post('/recipe/user/password/reset/token/consume', { token });
      const prove = (tenant, token) => core.with({ prefix: tenant }).post('/recipe/user/email/verify', { method: 'token', token });

      it('resets the password, once, and its siblings die with it O01 E03', async () => {
        const { ada, carol } = world.users;
        assertStatus(await reset(world.resets.one.replace('one', 'eno')), 'RESET_PASSWORD_INVALID_TOKEN_ERROR');
        assertStatus(await reset(world.resets.late), 'RESET_PASSWORD_INVALID_TOKEN_ERROR');
        assertStatus(await core.with({ prefix: '/appid-shop' }).post('/recipe/user/password/reset/token/consume', { token: world.resets.one }), 'RESET_PASSWORD_INVALID_TOKEN_ERROR');
        const { userId, email } = assertStatus(await reset(world.resets.one));
        assert.deepEqual([userId, email], [ada.id, ada.email]);
        for (const name of ['one', 'other']) assertStatus(await reset(world.resets[name]), 'RESET_PASSWORD_INVALID_TOKEN_ERROR');
        assert.deepEqual(assertStatus(await reset(world.resets.carols)), { status: 'OK', userId: carol.id, email: carol.email });
      });

      it('proves an address, once, in its tenant O01 E04', async () => {
        const { carol, ivy } = world.users;
        assertStatus(await prove('', world.proofs.carols), 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR');
        for (const [tenant, token, userId, email] of [['/customers', world.proofs.carols, carol.id, carol.email], ['', world.proofs.ivys, ivy.id, ivy.email],
          ['', world.proofs.nobodys, 'nobody-we-know', 'new@mail.test']]) {
          assert.deepEqual(assertStatus(await prove(tenant, token)), { status: 'OK', userId, email });
          assertStatus(await prove(tenant, token), 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR');
          assert.equal(assertStatus(await core.get('/recipe/user/email/verify', { userId, email })).isVerified, true);
        }
        for (const name of ['late', 'done']) assertStatus(await prove(name === 'done' ? '/customers' : '', world.proofs[name]), 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR');
      });
    });

    it('a hash of Firebase opens, in every tenant of its user O01 E02', async () => {
      const { fay } = world.users;
      for (const tenant of fay.tenants) {
        assert.equal(assertStatus(await at(fay, tenant).post('/recipe/signin', { email: fay.email, password: fay.clear })).user.id, fay.id);
        assertStatus(await at(fay, tenant).post('/recipe/signin', { email: fay.email, password: `${fay.clear}!` }), 'WRONG_CREDENTIALS_ERROR');
      }
    });
  });
}
