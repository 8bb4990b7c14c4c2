// SPDX-License-Identifier: MIT
// F22: the kernel gives no random bytes any more. Whoever asks is refused; no
// token, key or secret is made of anything else; afterwards all is well.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run, until } from '../http/lib/process.mjs';
import { buildRoot } from '../http/lib/stack.mjs';
import { seed } from './lib/areas.mjs';
import { World, requests } from './lib/requests.mjs';
import { Kind, TorturePool } from './lib/torture.mjs';

describe('F22 without random bytes', () => {
  const pool = new TorturePool();
  const world = new World(pool);
  const dry = async (body) => {
    pool.page.set({ always: Kind.RANDOM + 1 });
    try {
      await body();
    } finally {
      pool.page.set({ always: 0 });
    }
  };
  const rows = () => world.rows('SELECT (SELECT COUNT(*) FROM session), (SELECT COUNT(*) FROM account), (SELECT COUNT(*) FROM signing_key)');
  const ctl = (...args) => {
    try {
      run(join(buildRoot, 'gatehousectl'), args, { env: { ...pool.environment, GATEHOUSE_SQL: process.env.GATEHOUSE_SQL } });
    } catch (error) {
      return error.status;
    }
    return 0;
  };
  before(async () => {
    await pool.start();
    await world.prepare();
  });
  after(() => pool.stop());

  for (const [name, request] of Object.entries({ ...requests, seed })) {
    it(`A-6.5.3 ${name} is refused, and does again afterwards`, async () => {
      const made = await request.make(world);
      const was = await rows();
      await dry(async () => {
        const res = await pool.ask(...request.call(world, made));
        assert.equal(res.status, 503, res.text);
        assert.deepEqual(res.cookies, []);
        assert.ok(!/eyJ/.test(res.text));
      });
      assert.deepEqual(await rows(), was);
      const res = await pool.ask(...request.call(world, made));
      assert.equal(res.status, 200, res.text);
      await request.truth(world, made, res);
      await world.whole();
    });
  }

  it('no worker begins, and one does as soon as there are some', async () => {
    const { pid } = (await pool.ask('GET', '/readyz')).told;
    await dry(async () => {
      process.kill(pid, 'SIGKILL');
      await until(() => pool.events('worker.failed').length > 0, 'a worker that does not begin', { logFile: pool.logFile });
    });
    await until(async () => (await pool.ask('GET', '/readyz')).status === 200, 'a worker that does', { logFile: pool.logFile });
  });

  it('makes no sealing key, no signing key and no API key', async () => {
    const was = await rows();
    const file = pool.file('another-key');
    await dry(async () => {
      assert.notEqual(ctl('secret', 'create', file), 0);
      assert.notEqual(ctl('--config', pool.config, 'keys', 'rotate'), 0);
      assert.notEqual(ctl('--config', pool.config, 'api-key', 'create', 'another'), 0);
    });
    assert.ok(!existsSync(file));
    assert.deepEqual(await rows(), was);
    assert.equal(await world.cell('SELECT COUNT(*) FROM api_key'), '1');
    assert.equal(ctl('secret', 'create', file), 0);
    assert.equal(ctl('--config', pool.config, 'keys', 'rotate'), 0);
  });
});
