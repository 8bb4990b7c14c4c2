// SPDX-License-Identifier: MIT
// SUPERTOKENS=1 script/server, as somebody tries it who has an application with
// those SDKs: without a key at the core's port, and at /auth for browsers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buildRoot, sourceRoot } from './lib/stack.mjs';
import { freePort, remove, until } from './lib/process.mjs';
import { Core, assertStatus } from './lib/core.mjs';

const refused = (port) => fetch(`http://127.0.0.1:${port}/`).then(() => false, () => true);

for (const [web, testMode] of [['lighttpd', '1'], ['apache', '0']]) {
  describe(`SUPERTOKENS=1 WEB=${web} TEST_MODE=${testMode} script/server`, () => {
    const state = mkdtempSync(join(tmpdir(), 'gh-st-'));
    let port, corePort, child, core;
    let said = '';

    before(async () => {
      [port, corePort] = [await freePort(), await freePort()];
      const env = { ...process.env, SUPERTOKENS: '1', TEST_MODE: testMode, WEB: web, PORT: port, CORE_PORT: corePort, STATE: state, GATEHOUSE_BUILD: buildRoot };
      child = spawn(join(sourceRoot, 'script/server'), { env, stdio: ['ignore', 'pipe', 'pipe'] });
      child.ended = new Promise((done) => {
        child.once('exit', done);
      });
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { said += text; });
      await until(() => /^ready: /m.test(said) || child.exitCode !== null, 'ready', { limitMs: 120000 });
      assert.equal(child.exitCode, null, said);
      core = new Core({ name: web, stack: { corePorts: { [web]: corePort } } }, { key: null });
    });
    after(async () => {
      child.kill('SIGTERM');
      await child.ended;
      remove(state);
    });

    const post = (path, body, headers = {}) => fetch(`http://127.0.0.1:${port}/auth${path}`, {
      method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', 'st-auth-mode': 'header', ...headers },
    });
    const fields = (email, password) => ({ formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] });

    it('says where back ends and browsers go O01', () => {
      assert.ok(said.includes(`http://127.0.0.1:${corePort} (connectionURI)`) && said.includes(`http://127.0.0.1:${port}/auth`), said);
    });

    it('serves the core without a key, and only at its port O01 C01', async () => {
      const base = `http://127.0.0.1:${corePort}`;
      assert.match(await (await fetch(`${base}/hello`)).text(), /^Hello/);
      const { versions } = await (await fetch(`${base}/apiversion`)).json();
      assert.ok(versions.includes('5.4'), versions);
      assert.notEqual((await fetch(`http://127.0.0.1:${port}/apiversion`)).status, 200);
    });

    it('signs up by the frontend, verifies at the core, refreshes and signs out O01', async () => {
      const up = await post('/signup', fields('ann@tour.test', 'a long phrase 1'));
      const { status, user } = await up.json();
      assert.equal(status, 'OK');
      const ask = { enableAntiCsrf: false, doAntiCsrfCheck: false, checkDatabase: true };
      const access = up.headers.get('st-access-token');
      assert.equal(assertStatus(await core.post('/recipe/session/verify', { ...ask, accessToken: access })).session.userId, user.id);
      assert.equal((await (await post('/signin', fields('ann@tour.test', 'a wrong phrase 1'))).json()).status, 'WRONG_CREDENTIALS_ERROR');
      const fresh = await post('/session/refresh', {}, { authorization: `Bearer ${up.headers.get('st-refresh-token')}` });
      assert.equal(fresh.status, 200);
      const newer = fresh.headers.get('st-access-token');
      assert.equal((await post('/signout', {}, { authorization: `Bearer ${newer}` })).status, 200);
      assertStatus(await core.post('/recipe/session/verify', { ...ask, accessToken: newer }), 'UNAUTHORISED');
    });

    it(`takes ${testMode === '1' ? '' : 'no '}settings that only tests want O01`, async () => {
      const res = await core.put('/recipe/multitenancy/app/v2', { appId: 'short', coreConfig: { access_token_dynamic_signing_key_update_interval: 0.01 } });
      if (testMode === '1') assertStatus(res);
      else assert.equal(res.status, 400, res.text);
    });

    it('stops when it is told to, with nothing left behind O01', async () => {
      child.kill('SIGTERM');
      assert.equal(await child.ended, 0, said);
      assert.match(said, /stopped\n$/);
      for (const one of [port, corePort]) assert.ok(await refused(one), String(one));
      assert.ok(!existsSync(join(state, 'run')));
    });
  });
}
