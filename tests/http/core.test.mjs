// SPDX-License-Identifier: MIT
// Who may ask the core interface, in which words it answers and refuses.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertRefused, assertStatus, coreKey, throughCore } from './lib/core.mjs';

throughCore({}, (core) => {
  const bare = () => core.with({ key: null, cdi: null });

  describe('keys', () => {
    for (const [how, headers] of [
      ['api-key', { 'api-key': coreKey }], ['a Bearer token', { Authorization: `Bearer ${coreKey}` }], ['Authorization alone', { Authorization: coreKey }],
    ]) {
      it(`C02 takes a key as ${how}`, async () => {
        assert.equal((await bare().request('GET', '/apiversion', { headers })).status, 200);
      });
    }

    for (const [what, headers] of [
      ['none', {}], ['an empty one', { 'api-key': '' }], ['another one', { 'api-key': 'the-key-of-all-back-ends-2' }],
      ['a part of one', { 'api-key': coreKey.slice(0, -1) }], ['more than one', { 'api-key': `${coreKey}x` }],
      ['one in other letters', { 'api-key': coreKey.toUpperCase() }], ['a wrong one beside a right one', { 'api-key': 'x', Authorization: coreKey }],
      ['a scheme of its own', { Authorization: `Basic ${coreKey}` }],
    ]) {
      it(`C02 refuses ${what}`, async () => {
        for (const [method, path] of [['GET', '/apiversion'], ['GET', '/telemetry'], ['GET', '/requests/stats'], ['PUT', '/ee/license']]) {
          assertRefused(await bare().request(method, path, { headers }), 401, 'Invalid API key');
        }
      });
    }

    for (const path of ['/', '/hello', '/config']) {
      it(`C02 asks for none at ${path}`, async () => {
        assert.equal((await bare().get(path)).status, 200);
      });
    }

    it('C02 asks nobody else\'s page in', async () => {
      for (const headers of [{ Origin: 'https://id.example.test' }, { 'Sec-Fetch-Site': 'none' }]) {
        assert.equal((await core.request('GET', '/apiversion', { headers })).status, 403);
        assert.equal((await core.request('GET', '/hello', { headers })).status, 403);
      }
    });
  });

  describe('versions', () => {
    it('C01 lists the versions SDKs look for', async () => {
      const res = await bare().with({ key: coreKey }).get('/apiversion', { apiDomain: 'http://localhost', websiteDomain: 'http://localhost' });
      assert.deepEqual(Object.keys(res.json), ['versions']);
      for (const version of ['3.1', '5.4']) assert.ok(res.json.versions.includes(version), res.text);
      assert.equal(new Set(res.json.versions).size, res.json.versions.length);
    });

    it('C01 takes every version it lists, and none', async () => {
      const { versions } = (await core.get('/apiversion')).json;
      for (const cdi of [...versions, null]) assertStatus(await core.with({ cdi }).get('/ee/featureflag'));
    });

    for (const cdi of ['1.0', '5', '5.40', '5.4.0', '99.0', 'latest']) {
      it(`C01 refuses version ${cdi}`, async () => {
        assertRefused(await core.with({ cdi }).get('/ee/featureflag'), 400, `cdi-version ${cdi} not supported`);
      });
    }
  });

  describe('words', () => {
    it('C08 says Hello by every method, in every writing of the path', async () => {
      for (const path of ['/', '/hello', '/HELLO', '/hello/', '/appid-public/hello', '/public/hello', '/APPID-PUBLIC/PUBLIC/hello']) {
        for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
          const res = await bare().request(method, path);
          assert.equal(res.status, 200, `${method} ${path}: ${res.text}`);
          assert.equal(res.text.trim(), 'Hello');
          assert.match(res.headers['content-type'], /^text\/html/);
        }
      }
    });

    it('C08 has nothing to tell of configuration, telemetry and licences', async () => {
      assertStatus(await bare().get('/config', { pid: '1' }), 'NOT_ALLOWED');
      assert.deepEqual((await core.get('/telemetry')).json, { exists: false });
      assertStatus(await core.put('/ee/license', { licenseKey: 'any' }));
      assert.deepEqual(assertStatus(await core.get('/ee/featureflag')).usageStats, {});
      assert.deepEqual(assertStatus(await core.get('/requests/stats')).peakRequestsPerSecond, []);
    });

    it('C03 refuses an unknown path, whoever asks', async () => {
      for (const path of ['/nothing', '/recipe/nothing', '/public/recipe/nothing', '/appid-public/nothing']) assertRefused(await core.get(path), 404, 'Not found');
    });

    it('C03 refuses an unknown method', async () => {
      assertRefused(await core.request('PATCH', '/hello'), 405, 'Method not supported');
      assertRefused(await core.post('/apiversion'), 405, 'Method not supported');
    });
  });
});
