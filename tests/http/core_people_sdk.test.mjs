// SPDX-License-Identifier: MIT
// The back-end SDK of SuperTokens, unchanged, on what applications keep of
// users: metadata, roles, TOTP devices, linked accounts, people of providers.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { coreKey, throughCore } from './lib/core.mjs';
import { totp } from './lib/totp.mjs';

const require = createRequire(import.meta.url);
const SuperTokens = require('supertokens-node');
const AccountLinking = require('supertokens-node/recipe/accountlinking');
const EmailPassword = require('supertokens-node/recipe/emailpassword');
const MultiFactorAuth = require('supertokens-node/recipe/multifactorauth');
const Session = require('supertokens-node/recipe/session');
const ThirdParty = require('supertokens-node/recipe/thirdparty');
const Totp = require('supertokens-node/recipe/totp');
const UserMetadata = require('supertokens-node/recipe/usermetadata');
const UserRoles = require('supertokens-node/recipe/userroles');

const tenant = 'public';
const password = 'a password of 1 user';
const fresh = () => `${randomUUID()}@example.org`;

/* The SDK is one for the process, so is the web server. */
throughCore({ config: { cdi: { bcrypt_rounds: 4 } }, webs: ['lighttpd'] }, (core) => {
  let ready = false;
  let automatic = false;
  const start = () => {
    if (ready) return;
    ready = true;
    SuperTokens.init({
      framework: 'express',
      supertokens: { connectionURI: core.uri, apiKey: coreKey },
      appInfo: { appName: 'test', apiDomain: 'http://localhost:3000', websiteDomain: 'http://localhost:3001' },
      recipeList: [
        AccountLinking.init({ shouldDoAutomaticAccountLinking: async () => ({ shouldAutomaticallyLink: automatic, shouldRequireVerification: false }) }),
        EmailPassword.init(), ThirdParty.init(), MultiFactorAuth.init(), Totp.init(), UserMetadata.init(), UserRoles.init(), Session.init(),
      ],
    });
  };
  const signUp = async (email = fresh()) => {
    start();
    const { status, user, recipeUserId } = await EmailPassword.signUp(tenant, email, password);
    assert.equal(status, 'OK');
    return { id: user.id, email, recipeUserId, user };
  };
  const enter = async (email = fresh(), subject = randomUUID()) => {
    start();
    const result = await ThirdParty.manuallyCreateOrUpdateUser(tenant, 'google', subject, email, true);
    assert.equal(result.status, 'OK');
    return result;
  };

  describe('with supertokens-node', () => {
    it('C07 notes metadata', async () => {
      const { id } = await signUp();
      assert.deepEqual((await UserMetadata.updateUserMetadata(id, { a: { b: null }, c: 1 })).metadata, { a: { b: null }, c: 1 });
      assert.deepEqual((await UserMetadata.updateUserMetadata(id, { c: null, d: ['x'] })).metadata, { a: { b: null }, d: ['x'] });
      assert.deepEqual((await UserMetadata.getUserMetadata(id)).metadata, { a: { b: null }, d: ['x'] });
      assert.equal((await UserMetadata.clearUserMetadata(id)).status, 'OK');
      assert.deepEqual((await UserMetadata.getUserMetadata(id)).metadata, {});
    });

    it('C07 gives roles', async () => {
      const { id } = await signUp();
      const role = randomUUID();
      assert.equal((await UserRoles.createNewRoleOrAddPermissions(role, ['read', 'write'])).createdNewRole, true);
      assert.equal((await UserRoles.addRoleToUser(tenant, id, role)).didUserAlreadyHaveRole, false);
      assert.deepEqual((await UserRoles.getRolesForUser(tenant, id)).roles, [role]);
      assert.deepEqual((await UserRoles.getPermissionsForRole(role)).permissions, ['read', 'write']);
      assert.deepEqual((await UserRoles.getUsersThatHaveRole(tenant, role)).users, [id]);
      assert.equal((await UserRoles.removePermissionsFromRole(role, ['write'])).status, 'OK');
      assert.deepEqual((await UserRoles.getRolesThatHavePermission('read')).roles.filter((r) => r === role), [role]);
      assert.equal((await UserRoles.removeUserRole(tenant, id, role)).didUserHaveRole, true);
      assert.equal((await UserRoles.deleteRole(role)).didRoleExist, true);
      assert.equal((await UserRoles.addRoleToUser(tenant, id, role)).status, 'UNKNOWN_ROLE_ERROR');
    });

    it('C07 proves TOTP devices and judges codes', async () => {
      const { id } = await signUp();
      const made = await Totp.createDevice(id, undefined, 'phone');
      assert.equal(made.status, 'OK');
      assert.match(made.qrCodeString, /^otpauth:\/\/totp\/test:/);
      assert.equal((await Totp.verifyDevice(tenant, id, 'phone', totp(made.secret, -1))).wasAlreadyVerified, false);
      assert.equal((await Totp.verifyTOTP(tenant, id, totp(made.secret))).status, 'OK');
      assert.deepEqual(await Totp.verifyTOTP(tenant, id, totp(made.secret)), { status: 'INVALID_TOTP_ERROR', currentNumberOfFailedAttempts: 1, maxNumberOfFailedAttempts: 5 });
      assert.equal((await Totp.createDevice(id, undefined, 'phone')).status, 'DEVICE_ALREADY_EXISTS_ERROR');
      assert.equal((await Totp.updateDevice(id, 'phone', 'tablet')).status, 'OK');
      assert.deepEqual((await Totp.listDevices(id)).devices, [{ name: 'tablet', period: 30, skew: 1, verified: true }]);
      assert.equal((await Totp.removeDevice(id, 'tablet')).didDeviceExist, true);
      assert.equal((await Totp.createDevice('nobody')).status, 'UNKNOWN_USER_ID_ERROR');
    });

    it('lets in whom a provider vouches for', async () => {
      const [email, subject] = [fresh(), randomUUID()];
      const made = await enter(email, subject);
      assert.equal(made.createdNewRecipeUser, true);
      assert.equal(made.user.loginMethods[0].verified, true);
      const again = await enter(email, subject);
      assert.deepEqual([again.createdNewRecipeUser, again.user.id], [false, made.user.id]);
      assert.deepEqual((await SuperTokens.listUsersByAccountInfo(tenant, { thirdParty: { id: 'google', userId: subject } })).map((u) => u.id), [made.user.id]);
    });

    it('S29 links accounts and parts them', async () => {
      const [one, other] = [await signUp(), await enter()];
      assert.deepEqual(await AccountLinking.canCreatePrimaryUser(one.recipeUserId), { status: 'OK', wasAlreadyAPrimaryUser: false });
      assert.equal((await AccountLinking.createPrimaryUser(one.recipeUserId)).user.isPrimaryUser, true);
      assert.deepEqual(await AccountLinking.canLinkAccounts(other.recipeUserId, one.id), { status: 'OK', accountsAlreadyLinked: false });
      const session = await Session.createNewSessionWithoutRequestResponse(tenant, other.recipeUserId);
      assert.equal(session.getUserId(), other.user.id);
      const linked = await AccountLinking.linkAccounts(other.recipeUserId, one.id);
      assert.deepEqual([linked.status, linked.accountsAlreadyLinked, linked.user.loginMethods.length], ['OK', false, 2]);
      const next = await Session.refreshSessionWithoutRequestResponse(session.getAllSessionTokensDangerously().refreshToken);
      assert.deepEqual([next.getUserId(), next.getRecipeUserId().getAsString()], [one.id, other.user.id]);
      const third = await signUp();
      await AccountLinking.createPrimaryUser(third.recipeUserId);
      const taken = await AccountLinking.linkAccounts(other.recipeUserId, third.id);
      assert.deepEqual([taken.status, taken.user.id], ['RECIPE_USER_ID_ALREADY_LINKED_WITH_ANOTHER_PRIMARY_USER_ID_ERROR', one.id]);
      assert.deepEqual(await AccountLinking.unlinkAccount(other.recipeUserId), { status: 'OK', wasRecipeUserDeleted: false, wasLinked: true });
      assert.equal((await SuperTokens.getUser(other.user.id)).id, other.user.id);
    });

    it('links by itself who comes with the same address', async () => {
      const email = fresh();
      start();
      automatic = true;
      try {
        const one = await signUp(email);
        const other = await enter(email);
        assert.equal(one.user.isPrimaryUser, true);
        assert.equal(other.user.id, one.id);
        assert.deepEqual(other.user.loginMethods.map((l) => l.recipeId), ['emailpassword', 'thirdparty']);
      } finally {
        automatic = false;
      }
    });
  });
});
