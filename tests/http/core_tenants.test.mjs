// SPDX-License-Identifier: MIT
// Applications and tenants of the core interface: made, changed, told, removed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from './lib/process.mjs';
import { assertRefused, assertStatus, throughCore } from './lib/core.mjs';

const base = '/recipe/multitenancy';

throughCore({}, (core, web, stack) => {
  const appPut = (body, from = core) => from.put(`${base}/app/v2`, body);
  const tenantPut = (app, body) => app.put(`${base}/tenant/v2`, body);
  const tenantGet = (app) => app.get(`${base}/tenant/v2`);
  /** What another process has changed is seen a second later. */
  const later = (ask) => until(async () => {
    const res = await ask();
    return res.status === 200 && res;
  }, 'the change');
  const names = (list) => list.map((t) => t.tenantId);

  describe('applications', () => {
    it('C04 are made once, and changed after', async () => {
      const appId = `made-${web.name}`;
      assert.deepEqual(assertStatus(await appPut({ appId, coreConfig: {} })), { status: 'OK', createdNew: true });
      assert.deepEqual(assertStatus(await appPut({ appId, coreConfig: { access_token_validity: 9 } })), { status: 'OK', createdNew: false });
      assert.deepEqual(assertStatus(await core.get(`${base}/app/list/v2`)).apps.find((a) => a.appId === appId), {
        appId, tenants: [{ tenantId: 'public', thirdParty: { providers: [] }, coreConfig: { access_token_validity: 9 } }],
      });
    });

    it('C04 are there without a version and in any writing', async () => {
      assertStatus(await appPut({ appId: ` Loud-${web.name} ` }, core.with({ cdi: null })));
      for (const prefix of [`/appid-loud-${web.name}`, `/APPID-Loud-${web.name.toUpperCase()}`]) assertStatus(await tenantGet(core.with({ prefix })));
    });

    it('C04 in parallel, one call makes it', async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => appPut({ appId: `once-${web.name}`, coreConfig: {} })));
      assert.equal(answers.filter((res) => assertStatus(res).createdNew).length, 1);
    });

    it('C05 are refused a setting that is the same for all', async () => {
      for (const [name, value] of [['base_path', '/x'], ['ip_allow_regex', '127.*'], ['ip_deny_regex', '.*'], ['ip_deny_regex', '(']]) {
        assertRefused(await appPut({ appId: `same-${web.name}`, coreConfig: { [name]: value } }), 400, `Invalid core config: ${name} is the service's, not an application's`);
      }
      assertStatus(await tenantGet(core.with({ prefix: `/appid-same-${web.name}` })), 'TENANT_NOT_FOUND_ERROR');
    });

    for (const appId of ['with_line', 'a.b', 'ünlaut', 'a/b', 'x'.repeat(65), 'appid-a', 'recipe']) {
      it(`C04 cannot be named ${appId.slice(0, 12)}`, async () => {
        assertRefused(await appPut({ appId }), 400);
      });
    }

    for (const [what, body, field] of [
      ['no name', {}, 'appId'], ['a number', { appId: 1 }, 'appId'], ['null', { appId: null }, 'appId'], ['an empty name', { appId: '' }, 'appId'],
      ['settings that are none', { appId: 'x', coreConfig: 'x' }, 'coreConfig'], ['settings of null', { appId: 'x', coreConfig: null }, 'coreConfig'],
      ['a list of settings', { appId: 'x', coreConfig: [] }, 'coreConfig'], ['factors that are none', { appId: 'x', firstFactors: 'emailpassword' }, 'firstFactors'],
      ['a factor twice', { appId: 'x', firstFactors: ['totp', 'totp'] }, 'firstFactors'], ['a factor that is a number', { appId: 'x', firstFactors: [1] }, 'firstFactors'],
      ['no second factor at all', { appId: 'x', requiredSecondaryFactors: [] }, 'requiredSecondaryFactors'],
    ]) {
      it(`C03 are refused with ${what}`, async () => {
        assertRefused(await appPut(body), 400, `Field name '${field}' is invalid in JSON input`);
      });
    }

    it('C03 are refused with what is no JSON object', async () => {
      for (const body of ['', 'x', '[]', '"a"', '{"appId":"x"', '{"appId":"x","appId":"y"}']) {
        const res = await core.request('PUT', `${base}/app/v2`, { body, headers: { 'Content-Type': 'application/json' } });
        assertRefused(res, 400, body === '' ? "Field name 'appId' is invalid in JSON input" : 'Invalid Json Input');
      }
    });

    it('C03 ignore what they do not know', async () => {
      assertStatus(await appPut({ appId: `more-${web.name}`, colour: 'red', coreConfig: { colour: 'red', postgresql_host: 'x' } }));
    });

    it('C04 are managed by the first one alone', async () => {
      const app = await core.app();
      assertRefused(await appPut({ appId: 'x' }, app), 403);
      assertRefused(await app.post(`${base}/app/remove`, { appId: 'x' }), 403);
      assertRefused(await app.get(`${base}/app/list/v2`), 403);
    });

    it('C04 go with their names, which then are nobody\'s', async () => {
      const appId = `gone-${web.name}`;
      const app = core.with({ prefix: `/appid-${appId}` });
      assertStatus(await appPut({ appId, coreConfig: { access_token_validity: 9 } }));
      assertStatus(await tenantPut(app, { tenantId: 't1' }));
      assertRefused(await core.post(`${base}/app/remove`, { appId }), 403);
      assert.equal(assertStatus(await app.post(`${base}/tenant/remove`, { tenantId: 't1' })).didExist, true);
      assert.equal(assertStatus(await core.post(`${base}/app/remove`, { appId })).didExist, true);
      assert.equal(assertStatus(await core.post(`${base}/app/remove`, { appId })).didExist, false);
      assertStatus(await tenantGet(app), 'TENANT_NOT_FOUND_ERROR');
      assert.ok(!assertStatus(await core.get(`${base}/app/list/v2`)).apps.some((a) => a.appId === appId || a.appId.startsWith('.')));
      assert.equal(assertStatus(await appPut({ appId })).createdNew, true);
      assert.deepEqual(assertStatus(await tenantGet(app)).coreConfig, {});
    });

    it('C04 the first one stays, and takes its settings from the configuration', async () => {
      assertRefused(await core.post(`${base}/app/remove`, { appId: 'public' }), 403);
      assertRefused(await appPut({ appId: 'public', coreConfig: { access_token_validity: 2 } }), 400, 'Cannot modify base config');
      assert.equal(assertStatus(await appPut({ appId: 'public', coreConfig: {} })).createdNew, false);
    });
  });

  describe('settings', () => {
    for (const [name, good, bad] of [
      ['access_token_validity', [1, 8639999, '2'], [0, -1, 8640000, 86400001, 1.5, 'x', '', true, {}]],
      ['refresh_token_validity', [60.5, 144000, '1000'], [0, -1, 59, '60 ', []]],
      ['access_token_dynamic_signing_key_update_interval', [1, 168, 2.5, '24'], [0, 0.5, '0.001', 'soon']],
      ['access_token_validity_jitter', [0, 0.05, 0.25], [-0.1, 0.26]],
      ['refresh_token_rotation_grace_period', [0, 30, 300], [-1, 301, 1.5]],
      ['recent_token_reuse_behaviour', ['TOKEN_THEFT', 'UNAUTHORISED'], ['THEFT', 1]],
      ['password_reset_token_lifetime', [1, 3600000], [0, 'x']],
      ['email_verification_token_lifetime', [1, 86400000], [0, -5]],
      ['totp_max_attempts', [1, 5], [0, 0.5]],
      ['totp_rate_limit_cooldown_sec', [1, 900], [0]],
      ['password_hashing_alg', ['BCRYPT', 'ARGON2', 'argon2'], ['MD5', 5]],
      ['bcrypt_log_rounds', [4, 11], [3, 21]],
    ]) {
      it(`C05 ${name} takes what fits and refuses what does not`, async () => {
        const appId = `s-${name.replaceAll('_', '-').slice(0, 40)}-${web.name}`;
        for (const value of good) assertStatus(await appPut({ appId, coreConfig: { [name]: value } }));
        for (const value of bad) assertRefused(await appPut({ appId, coreConfig: { [name]: value } }), 400, new RegExp(`^Invalid core config: `));
        assert.deepEqual(assertStatus(await tenantGet(core.with({ prefix: `/appid-${appId}` }))).coreConfig, { [name]: good.at(-1) });
      });
    }

    it('C05 of null is taken away, and others stay', async () => {
      const appId = `null-${web.name}`;
      const app = core.with({ prefix: `/appid-${appId}` });
      assertStatus(await appPut({ appId, coreConfig: { access_token_validity: 9, totp_max_attempts: 3 } }));
      assertStatus(await appPut({ appId, coreConfig: { access_token_validity: null } }));
      assert.deepEqual(assertStatus(await tenantGet(app)).coreConfig, { totp_max_attempts: 3 });
      assertStatus(await appPut({ appId }));
      assert.deepEqual(assertStatus(await tenantGet(app)).coreConfig, { totp_max_attempts: 3 });
    });

    it('C02 C05 of keys open one application, which no other key opens then', async () => {
      const [one, two] = ['the-first-key-of-this-app', 'the-second=key=of=this=app'];
      const app = await core.app({ api_keys: `${one}, ${two}` });
      for (const key of [null, core.key, 'another-key-of-20-characters', `${one}, ${two}`]) {
        assertRefused(await app.with({ key }).get('/ee/featureflag'), 401, 'Invalid API key');
        assertRefused(await app.with({ key }).get(`${base}/tenant/v2`), 401, 'Invalid API key');
      }
      for (const key of [one, two]) assertStatus(await app.with({ key }).get('/ee/featureflag'));
      assertRefused(await core.with({ key: one }).get('/ee/featureflag'), 401, 'Invalid API key');
      assert.equal((await app.with({ key: null }).get('/hello')).status, 200);
      const [[kept]] = stack.sql(`SELECT core_config FROM realm WHERE app = '${app.prefix.slice(7)}'`);
      for (const key of [one, two]) assert.ok(!kept.includes(key));
      assertStatus(await appPut({ appId: app.prefix.slice(7), coreConfig: { api_keys: null } }));
      assertStatus(await app.other.get('/ee/featureflag').then(async (res) => (res.status === 401 ? later(() => app.get('/ee/featureflag')) : res)));
    });

    for (const keys of ['', 'short', 'the-first-key-of-this-app,', 'a key with blanks in it', 5, ['the-first-key-of-this-app']]) {
      it(`C05 api_keys of ${JSON.stringify(keys)} are refused`, async () => {
        assertRefused(await appPut({ appId: 'keys', coreConfig: { api_keys: keys } }), 400, /^Invalid core config: api_keys/);
      });
    }

    it('C05 of a schedule of keys are the application\'s, not a tenant\'s', async () => {
      const app = await core.app();
      assertRefused(await tenantPut(app, { tenantId: 't1', coreConfig: { access_token_dynamic_signing_key_update_interval: 2 } }), 400, /^Invalid core config/);
      assertStatus(await tenantPut(app, { tenantId: 't1', coreConfig: { access_token_validity: 2 } }));
    });
  });

  describe('tenants', () => {
    it('C04 begin without a first factor, the public one with all', async () => {
      const app = await core.app();
      assert.equal(assertStatus(await tenantPut(app, { tenantId: 't1' })).createdNew, true);
      assert.equal(assertStatus(await tenantPut(app, { tenantId: 't1' })).createdNew, false);
      assert.deepEqual(assertStatus(await tenantGet(app.tenant('t1'))), {
        status: 'OK', tenantId: 't1', thirdParty: { providers: [] }, firstFactors: [], coreConfig: {},
      });
      for (const one of [app, app.tenant('public')]) {
        assert.deepEqual(assertStatus(await tenantGet(one)), { status: 'OK', tenantId: 'public', thirdParty: { providers: [] }, coreConfig: {} });
      }
    });

    it('C04 keep what is not named, and drop what is null', async () => {
      const app = await core.app();
      const factors = { firstFactors: ['emailpassword', 'custom:one'], requiredSecondaryFactors: ['totp'] };
      assertStatus(await tenantPut(app, { tenantId: 't1', ...factors, coreConfig: { access_token_validity: 3 } }));
      assertStatus(await tenantPut(app, { tenantId: 't1' }));
      assert.deepEqual(assertStatus(await tenantGet(app.tenant('t1'))), {
        status: 'OK', tenantId: 't1', thirdParty: { providers: [] }, ...factors, coreConfig: { access_token_validity: 3 },
      });
      assertStatus(await tenantPut(app, { tenantId: 't1', firstFactors: null, requiredSecondaryFactors: null, coreConfig: { access_token_validity: null } }));
      assert.deepEqual(assertStatus(await tenantGet(app.tenant('t1'))), { status: 'OK', tenantId: 't1', thirdParty: { providers: [] }, coreConfig: {} });
    });

    it('C04 are listed and removed by the public one alone', async () => {
      const app = await core.app();
      for (const tenantId of ['t1', 't2']) assertStatus(await tenantPut(app, { tenantId }));
      assert.deepEqual(names(assertStatus(await app.get(`${base}/tenant/list/v2`)).tenants), ['public', 't1', 't2']);
      for (const res of [
        await app.tenant('t1').get(`${base}/tenant/list/v2`), await tenantPut(app.tenant('t1'), { tenantId: 't3' }),
        await app.tenant('t1').post(`${base}/tenant/remove`, { tenantId: 't2' }), await app.post(`${base}/tenant/remove`, { tenantId: 'public' }),
      ]) assertRefused(res, 403);
      assert.equal(assertStatus(await app.post(`${base}/tenant/remove`, { tenantId: 't1' })).didExist, true);
      assert.equal(assertStatus(await app.post(`${base}/tenant/remove`, { tenantId: 't1' })).didExist, false);
      assert.deepEqual(names(assertStatus(await app.get(`${base}/tenant/list/v2`)).tenants), ['public', 't2']);
      assertStatus(await tenantGet(app.tenant('t1')), 'TENANT_NOT_FOUND_ERROR');
    });

    it('C04 of one application are unknown to another', async () => {
      const [one, other] = [await core.app(), await core.app()];
      assertStatus(await tenantPut(one, { tenantId: 'only' }));
      assertStatus(await tenantGet(other.tenant('only')), 'TENANT_NOT_FOUND_ERROR');
      const [, appId] = other.prefix.split('appid-');
      assertRefused(await other.tenant('only').get('/ee/featureflag'), 400, `AppId or tenantId not found => (appId: ${appId}, tenantId: only)`);
      assertRefused(await core.with({ prefix: '/appid-nobody' }).get('/ee/featureflag'), 400, 'AppId or tenantId not found => (appId: nobody, tenantId: public)');
    });

    it('C02 C04 are told to nobody without a key', async () => {
      assertRefused(await core.with({ key: null }).get(`${base}/tenant/v2`), 401, 'Invalid API key');
      assertRefused(await core.with({ key: null }).get(`${base}/tenant`), 401, 'Invalid API key');
    });

    it('C04 are known to older versions by three switches', async () => {
      const app = (await core.app()).with({ cdi: '3.1' });
      assertStatus(await app.put(`${base}/tenant`, { tenantId: 't1', emailPasswordEnabled: true }));
      const { emailPassword, thirdParty, passwordless } = assertStatus(await app.tenant('t1').get(`${base}/tenant`));
      assert.deepEqual([emailPassword, thirdParty, passwordless], [{ enabled: true }, { enabled: false, providers: [] }, { enabled: false }]);
      const { tenants } = assertStatus(await app.get(`${base}/tenant/list`));
      assert.deepEqual(tenants.map((t) => [t.tenantId, t.emailPassword.enabled, t.passwordless.enabled]), [['public', true, true], ['t1', true, false]]);
    });

    it('C04 leave no number behind that another one gets', async () => {
      const app = await core.app();
      assertStatus(await tenantPut(app, { tenantId: 'last' }));
      const [[before]] = stack.sql('SELECT MAX(id) FROM realm');
      assertStatus(await app.post(`${base}/tenant/remove`, { tenantId: 'last' }));
      assertStatus(await tenantPut(app, { tenantId: 'last' }));
      const [[after]] = stack.sql(`SELECT id FROM realm WHERE tenant = 'last' AND app = '${app.prefix.slice(7)}'`);
      assert.ok(Number(after) > Number(before));
    });
  });
});
