// SPDX-License-Identifier: MIT
// Two hosts on a Galera cluster: nodes are killed, frozen and held back under
// the history checker, and no node believes what another one has ended.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertAway, assertEnded, assertLives, load, revoke, status, tallied } from './lib/asks.mjs';
import { Cluster, sqlAt } from './lib/cluster.mjs';
import { badDay, verdict } from './lib/day.mjs';
import { full, pause } from './lib/house.mjs';
import { seed } from './lib/random.mjs';
import { SqlSession } from './lib/sql.mjs';

const limit = { timeout: 400000 };
const NODES = [1, 2, 3];
/* Whoever waits less than the cluster needs to notice a dead node goes to the
 * next one in vain. */
const config = { tokens: { refresh_overlap: 120 }, database: { read_timeout: 6 } };

const rows = `SELECT HEX(id), HEX(refresh_cur), expires_us, revoked_us, label FROM session ORDER BY id;
  SELECT HEX(id), kind, HEX(session_id) FROM event ORDER BY id`;

/** The day's verdict, and the same rows at every node. */
async function everywhere(t, cluster, day) {
  verdict(t, await badDay(cluster, day));
  const all = [];
  for (cluster.node of NODES) all.push(await cluster.query(rows));
  cluster.node = 1;
  for (const one of all.slice(1)) assert.deepEqual(one, all[0]);
  t.diagnostic(`${all[0].length} equal rows at each node`);
}

function clustered(name, orders, body) {
  const cluster = new Cluster({ orders, config });
  describe(name, () => {
    before(() => cluster.start());
    after(() => cluster.stop());
    body(cluster);
  });
}

/* How long nobody was served, seen by a client that asks all the time. */
function worstGap(answers) {
  let worst = 0;
  let last;
  for (const { status: code, at } of answers.sort((a, b) => a.at - b.at)) {
    if (code !== 200) continue;
    worst = Math.max(worst, at - (last ?? at));
    last = at;
  }
  return Math.round(worst);
}

/** Clients that check and clients that write, while body() happens. */
async function during(t, cluster, what, body) {
  const [web] = cluster.webs;
  const session = await web.signIn();
  const timed = (call) => async () => {
    const res = await call();
    return Object.assign(res, { at: performance.now() });
  };
  const checks = load(2, timed(() => status(web, session.accessToken)));
  const writes = load(2, timed(() => web.request('POST', '/api/auth/login', { json: { email: session.email, password: session.password } })));
  await pause(500);
  await body();
  await pause(500);
  for (const [kind, lanes] of [['checks', checks], ['sign-ins', writes]]) {
    const answers = await lanes.stop();
    const seen = answers.map((a) => ({ status: a.status, at: a.res.at ?? 0 }));
    t.diagnostic(`${what}: ${kind} ${JSON.stringify(tallied(answers))}, longest without a good answer ${worstGap(seen)} ms`);
    assert.deepEqual(answers.filter((a) => a.status !== 200 && a.status < 500 && a.status !== 0).map((a) => a.code).slice(0, 3), []);
  }
  await assertLives(web, session);
}

clustered('one writer', [[1, 2, 3], [1, 2, 3]], (cluster) => {
  it('I2: a node that lags answers nothing rather than what has ended', limit, async () => {
    const [one, two] = cluster.webs;
    const by = await one.signIn();
    const victim = await one.signIn({ email: by.email, register: false });
    /* The second host alone, at a node that will apply nothing. */
    const [, host] = cluster.hosts;
    const list = host.overrides.database.host;
    await host.use(cluster.addresses[1]);
    assert.equal((await status(two, victim.accessToken)).status, 200);
    const lock = new SqlSession(cluster.socket(2), 'gatehouse');
    await lock.run('FLUSH TABLES WITH READ LOCK');
    assert.equal((await revoke(one, by, victim.sessionId)).status, 200);
    const [[stale]] = await sqlAt(cluster.socket(2), `SELECT revoked_us FROM session WHERE id = UNHEX('${victim.sessionId.replaceAll('-', '')}')`);
    assert.equal(stale, '0', 'the node does lag');
    assertAway(await status(two, victim.accessToken));
    await lock.run('UNLOCK TABLES');
    await lock.end();
    await assertEnded(two, victim);
    await host.use(list);
  });

  it('I1-I5 hold while the writer is killed and rejoins', limit, async (t) => {
    const names = full ? ['killWriter', 'killOther', 'freezeWriter', 'freezeOther'] : ['killWriter'];
    await everywhere(t, cluster, { seed, ms: full ? 90000 : 3000, names, restMs: 2000, replays: 3 });
  });
});

if (full) {
  clustered('what clients notice', [[1, 2, 3], [1, 2, 3]], (cluster) => {
    it('the writer is killed and rejoins: the next node serves', limit, async (t) => {
      await during(t, cluster, 'writer killed', async () => {
        await cluster.kill(1);
        await pause(4000);
      });
      assert.equal((await cluster.connections())[0], 0);
      await cluster.rejoin(1);
      await cluster.synced();
    });

    it('a node without its cluster is left, and serves again with it', limit, async (t) => {
      const writer = await cluster.writer();
      await during(t, cluster, 'writer cut off', async () => {
        await sqlAt(cluster.socket(writer), `SET GLOBAL wsrep_provider_options = 'gmcast.isolate=1'`);
        await pause(8000);
      });
      await sqlAt(cluster.socket(writer), `SET GLOBAL wsrep_provider_options = 'gmcast.isolate=0'`);
      await cluster.synced();
    });
  });

  clustered('each host its own writer', [[1, 2, 3], [2, 3, 1]], (cluster) => {
    it('I1-I5 hold with two writers while nodes are killed and frozen', limit, async (t) => {
      await everywhere(t, cluster, { seed, ms: 90000, names: ['killWriter', 'killOther', 'freezeWriter', 'freezeOther'], restMs: 2000, replays: 3 });
    });
  });
}
