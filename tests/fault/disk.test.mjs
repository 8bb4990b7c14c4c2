// SPDX-License-Identifier: MIT
// Disks that are full, and a database that is older than what was acknowledged.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { openSync, closeSync, readFileSync, readdirSync, renameSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assertOk, auditOf, bearer, together } from '../http/lib/checks.mjs';
import { folder, own, remove, stop, until } from '../http/lib/process.mjs';
import { buildRoot } from '../http/lib/stack.mjs';
import { assertAway, assertEnded, assertLives, assertOnly, firm, load, login, logout, refresh, status } from './lib/asks.mjs';
import { FaultHouse, breaking } from './lib/house.mjs';

const limit = { timeout: 120000 };

/** A file system of so many megabytes; who may not mount one cannot test this. */
function small(megabytes) {
  const dir = folder('gh-disk-');
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,nr_inodes=4096,mode=777`, 'gh-fault', dir]);
  own(dir);
  return {
    dir,
    /** Takes all room there is, again and again until stop(). */
    fill() {
      const file = openSync(join(dir, 'ballast'), 'a');
      for (const size of [1 << 20, 1 << 12, 1]) {
        const block = Buffer.alloc(size);
        try {
          while (writeSync(file, block) === size);
        } catch {
          /* no room for another */
        }
      }
      closeSync(file);
      assert.equal(statfsSync(dir).bavail, 0);
    },
    /** The same for files, which need room even when they are empty. */
    crowd() {
      for (let i = 0; statfsSync(dir).ffree > 0; i += 1) writeFileSync(join(dir, `crowd-${i}`), '');
    },
    empty() {
      for (const name of readdirSync(dir).filter((n) => /^(ballast|crowd-)/.test(n))) rmSync(join(dir, name), { force: true });
    },
    end() {
      execFileSync('umount', ['-l', dir]);
      remove(dir);
    },
  };
}

/** Gives MariaDB's files the room they claim: it dies of a hole it cannot fill. */
async function dense(house) {
  const data = join(house.databaseDir, 'data');
  await house.databaseAway();
  execFileSync('cp', ['-a', '--sparse=never', data, `${data}.dense`]);
  rmSync(data, { recursive: true });
  renameSync(`${data}.dense`, data);
  await house.databaseBack();
  await house.ready();
}

/** A house on a small disk; body gets both by name. */
function onSmallDisk(name, megabytes, options, body) {
  const on = {};
  describe(name, () => {
    before(() => {
      on.disk = small(megabytes);
      on.house = new FaultHouse(options(on.disk.dir));
      return on.house.start();
    });
    after(async () => {
      on.disk?.empty();
      await on.house?.stop();
      on.disk?.end();
    });
    body(on);
  });
}

onSmallDisk('a small disk of the database', 240, (dir) => ({ proxy: false, databaseDir: join(dir, 'db') }), (on) => {
  it('F18 the database\'s disk is full: writes are 503, checks go on, service without a restart when there is room', limit, async (t) => {
    const { house, disk } = on;
    const web = house.web();
    const session = await web.signIn();
    const other = await web.signIn();
    const workers = house.poolWorkers().join(' ');
    const data = (n) => ({ headers: bearer(session.accessToken), json: { d: String(n).repeat(60000) } });
    const put = (n) => web.request('PUT', '/api/auth/session/data', data(n % 10));
    await dense(house);
    assertOk(await firm(() => put(0)));
    disk.fill();
    /* What the files have in reserve is used up first. */
    let res;
    let puts = 0;
    do {
      puts += 1;
      const more = await web.signIn();
      res = await web.request('PUT', '/api/auth/session/data', { ...data(puts % 10), headers: bearer(more.accessToken ?? other.accessToken) });
    } while (res.status === 200 && puts < 300);
    t.diagnostic(`${puts} writes until the disk was felt`);
    assertAway(res);
    for (const each of house.webs) for (const s of [session, other]) assertOk(await status(each, s.accessToken));
    disk.empty();
    assertOk(await firm(() => login(web, session.email)));
    assert.equal(house.poolWorkers().join(' '), workers);
    for (const s of [session, other]) await assertLives(web, s);
    assertOk(await logout(web, other));
    await assertEnded(web, other);
  });
});

onSmallDisk('a small disk of the log', 4, (dir) => ({ proxy: false, webs: ['lighttpd'], config: { log: { sink: 'file', file: join(dir, 'gatehouse.log') } } }), (on) => {
  it('F19 the log\'s disk is full: requests are served, the audit is whole, logging goes on when there is room', limit, async () => {
    const { house, disk } = on;
    const web = house.web();
    const size = () => readFileSync(join(disk.dir, 'gatehouse.log')).length;
    const session = await web.signIn();
    disk.fill();
    const full = size();
    const traffic = load(4, () => status(web, session.accessToken));
    const told = await together(6, () => web.signIn());
    await until(() => traffic.answers.length > 100, 'traffic');
    assertOnly(await traffic.stop(), 200);
    for (const s of told) {
      assert.equal(auditOf(house, 'auth.sign_in', { session: s.sessionId }).length, 1);
      assertOk(await logout(web, s));
      assert.equal(auditOf(house, 'session.sign_out', { session: s.sessionId }).length, 1);
    }
    assert.ok(size() - full < 65536);
    disk.empty();
    const before = size();
    assertOk(await status(web, session.accessToken));
    await until(() => size() > before, 'the log to go on');
  });
});

describe('a small disk of all that runs, /run and /tmp', () => {
  const { TMPDIR } = process.env;
  let disk;
  let house;
  before(() => {
    disk = small(8);
    const databaseDir = folder('gh-db-');
    own(databaseDir);
    process.env.TMPDIR = disk.dir;
    house = new FaultHouse({ proxy: false, databaseDir });
    house.databaseEnv = () => ({ ...process.env, TMPDIR: TMPDIR ?? '/tmp', GATEHOUSE_TEST_OWNER: String(process.pid) });
    return house.start();
  });
  after(async () => {
    disk?.empty();
    await house?.stop();
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    if (house) remove(house.databaseDir);
    disk?.end();
  });

  it('F20 /run and /tmp are full: service goes on, reloads and replaces workers; a start says why it fails, and succeeds with room', limit, async () => {
    const web = house.web();
    const session = await web.signIn();
    disk.fill();
    disk.crowd();
    for (const each of house.webs) {
      assertOk(await status(each, session.accessToken));
      assertOk(await logout(each, assertOk(await login(each, session.email))));
    }
    const before = house.poolWorkers();
    process.kill(before[0], 'SIGKILL');
    house.children.pool.kill('SIGHUP');
    await until(() => house.poolWorkers().length === before.length && house.poolWorkers().every((pid) => !before.includes(pid)), 'new workers');
    for (const each of house.webs) await assertLives(each, session);
    assert.match(house.ctl('session', 'list', '--user', session.email), new RegExp(session.sessionId));
    await stop(house.children.pool);
    disk.crowd();
    const told = spawnSync(join(buildRoot, 'gatehouse'), ['--config', house.config], { encoding: 'utf8', timeout: 20000 });
    assert.equal(told.signal, null);
    assert.notEqual(told.status, 0);
    assert.match(told.stderr, /No space left on device/);
    disk.empty();
    await house.startPool();
    for (const each of house.webs) await assertLives(each, session);
  });
});

breaking({ proxy: false, name: 'without a syslog', webs: ['lighttpd'], config: { log: { sink: 'syslog' } } }, (house) => {
  it('F19 no syslog is there: requests are served, the audit is whole', limit, async () => {
    const web = house.web();
    const told = await together(6, () => web.signIn());
    for (const session of told) {
      assertOk(await status(web, session.accessToken));
      assertOk(await logout(web, session));
      for (const kind of ['auth.sign_in', 'session.sign_out']) assert.equal(auditOf(house, kind, { session: session.sessionId }).length, 1);
    }
  });
});

breaking({ proxy: false, name: 'whose database comes back older' }, (house) => {
  it('F13 an older copy of the database after a failover: denied with an alarm until it is the right one, or told to be', limit, async () => {
    const web = house.web();
    const ended = await web.signIn();
    const lives = await web.signIn();
    const copy = folder('gh-old-');
    const data = join(house.databaseDir, 'data');
    const swap = async (from, to) => {
      await house.databaseAway();
      rmSync(to, { recursive: true, force: true });
      /* With its owner, who is not us when we are root. */
      execFileSync('cp', ['-a', from, to]);
    };
    await swap(data, join(copy, 'old'));
    await house.databaseBack();
    await house.ready();
    /* Every worker stores something that the copy does not have. */
    assertOk(await firm(() => logout(web, ended)));
    const seen = () => new Set([...house.events('auth.sign_in')].map((event) => event.pid));
    const all = [...house.poolWorkers().slice(1), ...house.fcgidWorkers()];
    await until(async () => {
      await together(8, (i) => login(house.webs[i % 2], lives.email));
      return house.poolWorkers().filter((pid) => seen().has(pid)).length > 0 && house.fcgidWorkers().some((pid) => seen().has(pid));
    }, 'sign-ins by many workers');
    const witnesses = all.filter((pid) => seen().has(pid));
    assert.ok(witnesses.length > 0);
    await swap(data, join(copy, 'new'));
    await swap(join(copy, 'old'), data);
    await house.databaseBack();
    /* Who has seen what is missing lets nobody in; nobody is logged out. */
    await until(async () => {
      await together(8, (i) => status(house.webs[i % 2], lives.accessToken));
      return house.events('db.older').length > 0;
    }, 'the alarm');
    for (const pid of new Set(house.events('db.older').map((event) => event.pid))) assert.ok(seen().has(pid) || house.events('session.sign_out').some((event) => event.pid === pid));
    const answers = await together(16, (i) => status(house.webs[i % 2], ended.accessToken));
    assert.ok(answers.some((res) => res.status === 503));
    for (const res of answers.filter((a) => a.status === 503)) assertAway(res);
    /* The right one again: all is well by itself. */
    await swap(join(copy, 'new'), data);
    await house.databaseBack();
    await house.ready();
    for (const each of house.webs) {
      await assertEnded(each, ended);
      await assertLives(each, lives);
    }
    /* Or the older one must do: told so by a restart, and with all sessions
     * from before ended, because nobody knows which had been. */
    await swap(join(copy, 'old'), data);
    await house.databaseBack();
    await house.control('session', 'revoke', '--all');
    await house.restartPool();
    await house.restartWeb('apache');
    await house.ready();
    for (const each of house.webs) {
      await assertEnded(each, ended);
      await assertEnded(each, lives);
      assertOk(await firm(() => login(each, lives.email)));
    }
    assert.equal((await refresh(web, lives.refreshToken)).status, 401);
    remove(copy);
  });
});
