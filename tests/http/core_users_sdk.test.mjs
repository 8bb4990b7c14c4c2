// SPDX-License-Identifier: MIT
// The back-end SDK of SuperTokens, unchanged, on the users of one application.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { throughCore, coreKey } from './lib/core.mjs';

const require = createRequire(import.meta.url);
const SuperTokens = require('supertokens-node');
const EmailPassword = require('supertokens-node/recipe/emailpassword');
const EmailVerification = require('supertokens-node/recipe/emailverification');
const Session = require('supertokens-node/recipe/session');

let made = 0;
const fresh = () => `sdk${made += 1}-${process.pid}@example.test`;
const tenant = 'public';
const password = 'a password of 1 user';

/* The SDK is one for the process, so is the web server. */
throughCore({ config: { cdi: { bcrypt_rounds: 4 } }, webs: ['lighttpd'] }, (core) => {
  let ready = false;
  const start = () => {
    if (ready) return;
    ready = true;
    SuperTokens.init({
      framework: 'express',
      supertokens: { connectionURI: core.uri, apiKey: coreKey },
      appInfo: { appName: 'test', apiDomain: 'http://localhost:3000', websiteDomain: 'http://localhost:3001' },
      recipeList: [EmailPassword.init(), EmailVerification.init({ mode: 'OPTIONAL' }), Session.init()],
    });
  };
  const signUp = async () => {
    start();
    const email = fresh();
    const result = await EmailPassword.signUp(tenant, email, password);
    assert.equal(result.status, 'OK');
    return { email, ...result };
  };

  describe('with supertokens-node', () => {
    it('E01 signs up and in', async () => {
      const { email, user, recipeUserId } = await signUp();
      assert.equal(recipeUserId.getAsString(), user.id);
      assert.deepEqual(user.emails, [email]);
      assert.equal((await EmailPassword.signUp(tenant, email, password)).status, 'EMAIL_ALREADY_EXISTS_ERROR');
      assert.equal((await EmailPassword.signIn(tenant, email.toUpperCase(), password)).user.id, user.id);
      assert.equal((await EmailPassword.signIn(tenant, email, 'another')).status, 'WRONG_CREDENTIALS_ERROR');
      assert.equal((await EmailPassword.signIn(tenant, fresh(), password)).status, 'WRONG_CREDENTIALS_ERROR');
      assert.equal((await SuperTokens.getUser(user.id)).id, user.id);
      assert.equal(await SuperTokens.getUser('nobody'), undefined);
      assert.deepEqual((await SuperTokens.listUsersByAccountInfo(tenant, { email })).map((u) => u.id), [user.id]);
    });

    it('E03 resets a password by a token that is good once', async () => {
      const { email, user } = await signUp();
      const { token } = await EmailPassword.createResetPasswordToken(tenant, user.id, email);
      assert.equal((await EmailPassword.resetPasswordUsingToken(tenant, token, 'quite another 1')).status, 'OK');
      assert.equal((await EmailPassword.resetPasswordUsingToken(tenant, token, 'quite another 2')).status, 'RESET_PASSWORD_INVALID_TOKEN_ERROR');
      assert.equal((await EmailPassword.signIn(tenant, email, 'quite another 1')).status, 'OK');
      assert.equal((await EmailPassword.createResetPasswordToken(tenant, 'nobody', email)).status, 'UNKNOWN_USER_ID_ERROR');
    });

    it('E01 changes address and password', async () => {
      const { email, recipeUserId } = await signUp();
      const other = fresh();
      assert.equal((await EmailPassword.updateEmailOrPassword({ recipeUserId, email: other, password: 'quite another 1' })).status, 'OK');
      assert.equal((await EmailPassword.signIn(tenant, other, 'quite another 1')).status, 'OK');
      assert.equal((await EmailPassword.signIn(tenant, email, password)).status, 'WRONG_CREDENTIALS_ERROR');
      const taken = (await signUp()).email;
      assert.equal((await EmailPassword.updateEmailOrPassword({ recipeUserId, email: taken })).status, 'EMAIL_ALREADY_EXISTS_ERROR');
    });

    it('E04 verifies an address', async () => {
      const { email, user, recipeUserId } = await signUp();
      assert.equal(await EmailVerification.isEmailVerified(recipeUserId), false);
      const { token } = await EmailVerification.createEmailVerificationToken(tenant, recipeUserId);
      assert.equal((await EmailVerification.verifyEmailUsingToken(tenant, token)).status, 'OK');
      assert.equal((await EmailVerification.verifyEmailUsingToken(tenant, token)).status, 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR');
      assert.equal((await SuperTokens.getUser(user.id)).loginMethods[0].verified, true);
      assert.equal((await EmailVerification.createEmailVerificationToken(tenant, recipeUserId, email)).status, 'EMAIL_ALREADY_VERIFIED_ERROR');
      await EmailVerification.unverifyEmail(recipeUserId);
      assert.equal(await EmailVerification.isEmailVerified(recipeUserId), false);
    });

    it('lists, counts and deletes users, and maps their ids', async () => {
      const { user } = await signUp();
      await signUp();
      const [first, second] = [await SuperTokens.getUsersOldestFirst({ tenantId: tenant, limit: 1 }), await SuperTokens.getUsersNewestFirst({ tenantId: tenant })];
      assert.equal(first.users.length, 1);
      assert.ok(first.nextPaginationToken);
      assert.equal(second.users.length, await SuperTokens.getUserCount());
      assert.equal((await SuperTokens.createUserIdMapping({ superTokensUserId: user.id, externalUserId: `ext-${user.id}` })).status, 'OK');
      assert.equal((await SuperTokens.getUser(user.id)).id, `ext-${user.id}`);
      assert.equal((await SuperTokens.getUserIdMapping({ userId: user.id })).externalUserId, `ext-${user.id}`);
      assert.equal((await SuperTokens.deleteUserIdMapping({ userId: user.id })).didMappingExist, true);
      assert.equal((await SuperTokens.deleteUser(user.id)).status, 'OK');
      assert.equal(await SuperTokens.getUser(user.id), undefined);
    });
  });
});
