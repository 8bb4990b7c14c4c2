// SPDX-License-Identifier: MIT
// Would torture notice? The interposer plants what a bug of ours would do.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { World, requests } from './lib/requests.mjs';
import { Torment } from './lib/torment.mjs';
import { Act, Kind, TorturePool } from './lib/torture.mjs';

describe('torture notices', () => {
  const pool = new TorturePool();
  const world = new World(pool);
  const tortured = async (name, plan) => {
    const torment = new Torment(world, 0);
    await torment.every(name, requests[name], plan);
    return torment.violations;
  };
  before(async () => {
    await pool.start();
    await world.prepare();
  });
  after(() => pool.stop());

  it('nothing where nothing is wrong', async () => {
    assert.deepEqual(await tortured('status', { kind: Kind.FREE, act: Act.PASS }), []);
    assert.deepEqual(await tortured('logout', { kind: Kind.MYSQL, act: Act.PASS }), []);
  });

  it('a block that is never freed', async () => {
    const [first] = await tortured('status', { kind: Kind.FREE, act: Act.SWALLOW });
    assert.match(first, /leak/);
  });

  it('a commit that failed and was called done', async () => {
    const [first] = await tortured('logout', { kind: Kind.SQL, act: Act.LIE });
    assert.match(first, /said to have ended/);
    const [second] = await tortured('login', { kind: Kind.SQL, act: Act.LIE });
    assert.ok(second, 'tokens of a session that was not stored');
  });

  it('a worker that dies', async () => {
    const [first] = await tortured('list', { kind: Kind.MYSQL, act: Act.CRASH });
    assert.match(first, /the worker died/);
  });

  it('a good token that is refused', async () => {
    const torment = new Torment(world);
    const request = { ...requests.status, call: () => requests.status.call(world, { accessToken: `${world.steady.accessToken.slice(0, -4)}AAAA` }) };
    await torment.point('status', request, { kind: Kind.MEMORY, act: Act.PASS, nth: 20 });
    assert.match(torment.violations[0], /said 401/);
  });
});
