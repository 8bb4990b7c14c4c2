// SPDX-License-Identifier: MIT
// A second factor by the browser SDK of SuperTokens, as it is published, in a
// real Chromium, with no back end between it and the house.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { randomBytes } from 'node:crypto';
import { startChromium } from './lib/browser.mjs';
import { throughFrontend } from './lib/frontend.mjs';
import { calls, loadSdk, sign } from './lib/sdk_page.mjs';
import { totp } from './lib/totp.mjs';

const guarded = '/auth/session/verify';

let chromium;
before(async () => { chromium = await startChromium(); });
after(() => chromium?.stop());

throughFrontend({ config: { cdi: { bcrypt_rounds: 4 }, fdi: { totp: 'yes' } } }, (web) => {
  async function visitor(mode) {
    const person = await chromium.person(web);
    await person.go('/app/');
    await loadSdk(person.page, { mode });
    return person;
  }
  /** What a recipe of the SDK answers; no response object is handed over. */
  const ask = (person, recipe, call, options) => person.page.evaluate(async ([name, method, argument]) => {
    const { fetchResponse, ...told } = await window[name][method](argument);
    return told;
  }, [recipe, call, options]);
  const factors = async (person) => (await ask(person, 'supertokensMultiFactorAuth', 'resyncSessionAndFetchMFAInfo')).factors;
  const claims = (person) => person.page.evaluate(() => window.supertokensSession.getAccessTokenPayloadSecurely());
  /** The claims a page finds failing, by the SDK's own judgement. */
  const failing = (person) => person.page.evaluate(async () => {
    const found = await window.supertokensSession.validateClaims({
      overrideGlobalClaimValidators: () => [window.supertokensMultiFactorAuth.MultiFactorAuthClaim.validators.hasCompletedMFARequirementsForAuth()],
    });
    return found.map(({ id }) => id);
  });

  for (const mode of ['cookie', 'header']) {
    it(`a page sets a device up by ${mode}, signs in again and is let in by its code`, async () => {
      const email = `u${randomBytes(6).toString('hex')}@example.org`;
      const person = await visitor(mode);
      assert.equal((await sign(person.page, 'signUp', email)).status, 'OK');
      assert.deepEqual(await calls(person.page, 1, guarded), [200]);
      assert.deepEqual(await factors(person), { next: [], alreadySetup: ['emailpassword'], allowedToSetup: ['totp'] });
      const made = await ask(person, 'supertokensTOTP', 'createDevice', { deviceName: 'phone' });
      assert.equal(made.status, 'OK');
      assert.deepEqual(await ask(person, 'supertokensTOTP', 'verifyDevice', { deviceName: 'phone', totp: totp(made.secret) }), { status: 'OK', wasAlreadyVerified: false });
      assert.deepEqual(await failing(person), []);
      await person.leave();

      const again = await visitor(mode);
      assert.equal((await sign(again.page, 'signIn', email)).status, 'OK');
      assert.deepEqual(await calls(again.page, 1, guarded), [403]);
      assert.deepEqual(await failing(again), ['st-mfa']);
      assert.deepEqual((await factors(again)).next, ['totp']);
      const wrong = await ask(again, 'supertokensTOTP', 'verifyCode', { totp: '000000' });
      assert.deepEqual([wrong.status, wrong.currentNumberOfFailedAttempts], ['INVALID_TOTP_ERROR', 1]);
      assert.deepEqual(await calls(again.page, 1, guarded), [403]);
      assert.equal((await ask(again, 'supertokensTOTP', 'verifyCode', { totp: totp(made.secret, 1) })).status, 'OK');
      assert.deepEqual(await failing(again), []);
      assert.deepEqual(await calls(again.page, 1, guarded), [200]);
      assert.deepEqual(Object.keys((await claims(again))['st-mfa'].c).sort(), ['emailpassword', 'totp']);

      const { devices } = await ask(again, 'supertokensTOTP', 'listDevices');
      assert.deepEqual(devices.map(({ name, verified }) => [name, verified]), [['phone', true]]);
      assert.deepEqual(await ask(again, 'supertokensTOTP', 'removeDevice', { deviceName: 'phone' }), { status: 'OK', didDeviceExist: true });
      assert.deepEqual((await factors(again)).alreadySetup, ['emailpassword']);
      await again.leave();
    });
  }
});
