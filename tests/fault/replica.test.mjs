// SPDX-License-Identifier: MIT
// A primary and a replica that follows it, both in the list of one host (F12,
// F13): checks go on at the replica, writes wait for its promotion, and a
// replica that was left behind is not believed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { folder, freePort, remove, until } from '../http/lib/process.mjs';
import { sourceRoot } from '../http/lib/stack.mjs';
import { assertAway, assertEnded, assertLives, firm, login, refresh, revoke, status } from './lib/asks.mjs';
import { Host, setUp, sqlAt } from './lib/cluster.mjs';
import { pause } from './lib/house.mjs';

const mariadb = join(sourceRoot, 'tests/lib/mariadb');
const limit = { timeout: 120000 };
const asRoot = { user: 'root' };

class Pair {
  async start() {
    this.dir = folder('gh-pair-');
    chmodSync(this.dir, 0o711);
    this.port = await freePort();
    this.addresses = ['127.0.0.1', '127.0.0.2'];
    this.sockets = [0, 1].map((at) => this.launch(at));
    await this.sql(0, setUp, '');
    await this.sql(0, `CREATE USER copy@'127.%' IDENTIFIED BY 'copy'; GRANT REPLICATION SLAVE ON *.* TO copy@'127.%'`);
    await this.sql(1, `CHANGE MASTER TO master_host = '127.0.0.1', master_port = ${this.port}, master_user = 'copy', master_password = 'copy',
      master_connect_retry = 1, master_use_gtid = slave_pos; START SLAVE; SET GLOBAL read_only = 1`, '');
    /* One worker, who knows what it has stored. */
    const config = { server: { workers: 1 }, tokens: { refresh_overlap: 120 } };
    this.host = new Host({ config, database: { host: this.addresses.join(','), port: this.port } });
    await this.host.start();
    await this.caughtUp();
  }

  launch(at) {
    const options = ['--skip-networking=0', `--bind-address=${this.addresses[at]}`, `--port=${this.port}`, `--server-id=${at + 1}`, '--log-bin=bin'];
    const env = { ...process.env, GATEHOUSE_TEST_OWNER: String(process.pid) };
    return execFileSync(mariadb, ['start', join(this.dir, String(at)), ...options], { encoding: 'utf8', env }).split('\n')[0];
  }

  sql(at, text, schema = 'gatehouse') {
    return sqlAt(this.sockets[at], text, { ...asRoot, schema });
  }

  caughtUp() {
    return until(async () => {
      const [[wanted]] = await this.sql(0, 'SELECT @@gtid_binlog_pos', '');
      const [[has]] = await this.sql(1, 'SELECT @@gtid_slave_pos', '');
      return wanted === has;
    }, 'the replica to follow');
  }

  end(at, how = 'kill') {
    execFileSync(mariadb, [how, join(this.dir, String(at))]);
  }

  async stop() {
    await this.host.stop();
    for (const at of [1, 0]) this.end(at, 'stop');
    remove(this.dir);
  }
}

describe('a primary and its replica', () => {
  const pair = new Pair();
  before(() => pair.start());
  after(() => pair.stop());

  it('F13: a replica that lacks what was stored last is not believed', limit, async () => {
    const { host } = pair;
    const web = host.web('lighttpd');
    const by = await web.signIn();
    const victim = await web.signIn({ email: by.email, register: false });
    await pair.caughtUp();
    await pair.sql(1, 'STOP SLAVE SQL_THREAD', '');
    assert.equal((await revoke(web, by, victim.sessionId)).status, 200);
    pair.end(0);
    assertAway(await status(web, victim.accessToken));
    await pause(500);
    assertAway(await status(web, victim.accessToken));
    assert.ok(host.events('db.older').length > 0, 'an alarm');
    /* What it has received it applies, and then it knows. */
    await pair.sql(1, 'START SLAVE SQL_THREAD', '');
    await assertEnded(web, victim);
    pair.launch(0);
    await pause(5500);
    await assertLives(web, by);
    await pair.caughtUp();
  });

  it('F12: checks go on at a replica, writes wait for its promotion', limit, async (t) => {
    const web = pair.host.web('lighttpd');
    const session = await web.signIn();
    const victim = await web.signIn({ email: session.email, register: false });
    await pair.caughtUp();
    pair.end(0);
    const began = performance.now();
    assert.equal((await firm(() => status(web, session.accessToken))).status, 200);
    t.diagnostic(`checked at the replica after ${Math.round(performance.now() - began)} ms`);
    assertAway(await login(web, session.email));
    assertAway(await revoke(web, session, victim.sessionId));
    assert.equal((await status(web, victim.accessToken)).status, 200);
    await pair.sql(1, 'STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0', '');
    const promoted = performance.now();
    assert.equal((await firm(() => login(web, session.email))).status, 200);
    t.diagnostic(`written at the promoted one after ${Math.round(performance.now() - promoted)} ms`);
    assert.equal((await revoke(web, session, victim.sessionId)).status, 200);
    await assertEnded(web, victim);
    const { refreshToken } = await assertLives(web, session);
    /* The old primary comes back with old rows, and read-only: it is left
     * alone, by a new worker too. */
    pair.launch(0);
    await pair.sql(0, 'SET GLOBAL read_only = 1', '');
    await pair.host.restartPool();
    await pair.host.ready();
    await assertEnded(web, victim);
    assert.equal((await refresh(web, refreshToken)).status, 200);
  });
});
