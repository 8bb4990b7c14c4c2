// SPDX-License-Identifier: MIT
// The sealing key rotates under a running service: nothing becomes unreadable,
// nobody is signed out, and whoever is killed on the way has lost nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { childrenOf } from './lib/pool.mjs';
import { half, nextStep, pass, person, totp } from './lib/factors.mjs';
import { own, until } from './lib/process.mjs';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, auditOf, bearer, bin, headerOf, refresh, rfc3339, status, together } from './lib/checks.mjs';

const path = '/api/security/secrets/rotate-keys';
const columns = ['account.email', 'account.name', 'account.phone', 'app_secret', 'app_token.email', 'app_totp', 'challenge.payload', 'identity.subject', 'identity.tokens', 'outbox.recipient', 'outbox.values', 'realm.providers', 'signing-key', 'signing_key', 'totp'];
const config = { janitor: { interval: 1 }, step_up: { admin: 'no' } };
const lines = (stack) => readFileSync(stack.file('sealing-key'), 'utf8').trimEnd().split('\n');
const newest = (stack) => lines(stack)[0].split(':')[0];

/** Signs a fresh person in and makes an administrator of them. */
async function admin(web, stack) {
  const first = await web.signIn();
  stack.sql(`INSERT INTO account_role (account_id, role) VALUES (${bin(first.subject)}, 'ADMIN')`);
  return web.signIn({ email: first.email, register: false });
}

const order = (web, token) => web.request('POST', path, { headers: bearer(token) });
const progress = async (web, token) => assertOk(await web.request('GET', `${path}/status`, { headers: bearer(token) }));
const finished = (web, token, stack) => until(async () => !(await progress(web, token)).isOngoing, 're-sealing to end', { limitMs: 30000, logFile: stack.logFile });

/** Puts a key on top and tells every process. */
async function rotate(stack) {
  stack.ctl('secret', 'rotate', stack.file('sealing-key'));
  const count = stack.events('server.reloaded').length;
  stack.children.pool.kill('SIGHUP');
  await until(() => stack.events('server.reloaded').length > count, 'the reload');
  if (stack.wanted.includes('apache')) await stack.restartWeb('apache');
}

/** Nobody's janitor works until the result is called. */
function pause(stack) {
  stack.sql("REPLACE INTO lease (name, owner, until_us) VALUES ('janitor', REPEAT('x', 16), 9000000000000000000)");
  return () => stack.sql("UPDATE lease SET until_us = 1 WHERE name = 'janitor'");
}

/** Keys that values of the three columns everybody has are sealed under. */
const used = (stack) => stack.sql(`SELECT DISTINCT TRIM(LEFT(v, 4)) FROM (SELECT email_sealed v FROM account
  UNION SELECT name_sealed FROM account UNION SELECT sealed FROM signing_key) x WHERE v IS NOT NULL ORDER BY 1`).flat();

through({ config }, (web, stack) => {
  describe('secret rotate', () => {
    it('puts one line on top and leaves the others, the owner and the mode alone', () => {
      const file = stack.file(`spare-${web.name}`);
      stack.ctl('secret', 'create', file);
      chmodSync(file, 0o640);
      const before = readFileSync(file, 'utf8');
      const { uid, gid } = statSync(file);
      assert.equal(stack.ctl('secret', 'rotate', file).trim(), 'k2');
      const after = readFileSync(file, 'utf8');
      assert.match(after, /^k2:[A-Za-z0-9_-]{43}\n/);
      assert.equal(after.slice(after.indexOf('\n') + 1), before);
      const st = statSync(file);
      assert.deepEqual([st.mode & 0o777, st.uid, st.gid], [0o640, uid, gid]);
      assert.deepEqual(stack.ctlRows('secret', 'rotate', file), [{ key: 'k3' }]);
    });

    it('behind a symbolic link the file changes and the link stays', () => {
      const [file, link] = [stack.file(`real-${web.name}`), stack.file(`link-${web.name}`)];
      stack.ctl('secret', 'create', file);
      symlinkSync(file, link);
      stack.ctl('secret', 'rotate', link);
      assert.equal(readFileSync(link, 'utf8').split('\n').length, 3);
      assert.equal(readFileSync(file, 'utf8').split('\n').length, 3);
    });

    for (const [what, text, code] of [['an empty file', '', 1], ['no key file', 'rubbish\n', 78], ['two equal ids', `k1:${'A'.repeat(43)}\nk1:${'B'.repeat(42)}A\n`, 78],
      ['a full file', Array.from({ length: 16 }, (_, i) => `a${i}:${'A'.repeat(43)}\n`).join(''), 1]]) {
      it(`refuses ${what} and leaves it as it is`, () => {
        const file = stack.file(`bad-${web.name}-${what.replaceAll(' ', '-')}`);
        writeFileSync(file, text, { mode: 0o600 });
        own(file);
        assert.equal(stack.ctlFails('secret', 'rotate', file).code, code);
        assert.equal(readFileSync(file, 'utf8'), text);
      });
    }

    it('refuses what another rotation has begun, a missing file and a missing word', () => {
      const file = stack.file(`begun-${web.name}`);
      stack.ctl('secret', 'create', file);
      writeFileSync(`${file}.new`, 'half');
      const before = readFileSync(file, 'utf8');
      assert.equal(stack.ctlFails('secret', 'rotate', file).code, 1);
      assert.equal(readFileSync(file, 'utf8'), before);
      assert.equal(readFileSync(`${file}.new`, 'utf8'), 'half');
      assert.equal(stack.ctlFails('secret', 'rotate', stack.file('nowhere')).code, 1);
      for (const args of [['rotate'], ['reseal', 'x'], ['status', 'x']]) assert.equal(stack.ctlFails('secret', ...args).code, 2);
    });
  });

  it('KEY-2 ROL-1 rotation is for administrators: anonymous 401, a user 403', async () => {
    const user = await web.signIn();
    for (const [method, where] of [['POST', path], ['GET', `${path}/status`]]) {
      assertProblem(await web.request(method, where), 401, 'AUTHENTICATION_REQUIRED');
      assertProblem(await web.request(method, where, { headers: bearer(user.accessToken) }), 403, 'ROLE_REQUIRED');
    }
    assert.equal(auditOf(stack, 'secrets.rotating', { subject: user.subject }).length, 0);
  });

  it('KEY-1 A-11.2.2 every value moves to the newest key, tokens stay good, another key signs next', async () => {
    const boss = await admin(web, stack);
    const ann = await web.signIn();
    const emails = stack.ctlRows('user', 'list').map((u) => u.email).sort();
    const [old, kidsBefore] = [newest(stack), stack.sql('SELECT kid FROM signing_key').flat()];
    await rotate(stack);
    assert.notEqual(newest(stack), old);
    assert.deepEqual(assertOk(await order(web, boss.accessToken)), { success: true });
    await finished(web, boss.accessToken, stack);
    assert.deepEqual(used(stack), [newest(stack)]);
    for (const each of [web, web.other]) {
      assertOk(await status(each, ann.accessToken));
      assert.equal(assertOk(await each.request('POST', '/api/auth/login', { json: { email: ann.email, password: ann.password } })).user.email, ann.email);
    }
    assert.deepEqual(stack.ctlRows('user', 'list').map((u) => u.email).sort(), emails);
    const [fresh] = stack.sql('SELECT kid FROM signing_key').flat().filter((kid) => !kidsBefore.includes(kid));
    const past = Date.now() * 1000 - 1000;
    stack.sql(`UPDATE signing_key SET active_us = LEAST(active_us, ${past}), retired_us = IF(retired_us > ${past}, ${past}, retired_us) WHERE revoked_us = 0;
      UPDATE realm SET key_generation = key_generation + 1`);
    const next = assertOk(await refresh(web, ann.refreshToken));
    assert.equal(headerOf(next.accessToken).kid, fresh);
    assert.notEqual(headerOf(ann.accessToken).kid, fresh);
    for (const token of [ann.accessToken, next.accessToken]) assertOk(await status(web.other, token));
    stack.ctl('check');
    assert.equal(auditOf(stack, 'secrets.rotating', { subject: boss.subject }).length, 1);
    assert.equal(auditOf(stack, 'secrets.rotated').length >= 1, true);
  });

  it('KEY-2 status tells times per secret; a second order meanwhile is 400', async () => {
    const boss = await admin(web, stack);
    const go = pause(stack);
    try {
      assertOk(await order(web, boss.accessToken));
      for (const each of [web, web.other]) assertProblem(await order(each, boss.accessToken), 400, 'SECRET_ROTATION_ONGOING');
      assert.equal(stack.ctlFails('secret', 'reseal').code, 1);
      const now = await progress(web, boss.accessToken);
      assert.equal(now.isOngoing, true);
      assert.deepEqual(Object.keys(now.state), columns);
      for (const one of Object.values(now.state)) {
        assert.match(one.startedAt, rfc3339);
        assert.deepEqual([one.done, one.success, one.error], [0, null, null]);
      }
    } finally {
      go();
    }
    await finished(web, boss.accessToken, stack);
    for (const [name, one] of Object.entries((await progress(web, boss.accessToken)).state)) {
      assert.match(one.lastRotation, rfc3339, name);
      assert.ok(one.lastRotation >= one.startedAt);
      assert.deepEqual([one.success, one.error], [true, null]);
    }
    assertOk(await order(web, boss.accessToken));
    await finished(web, boss.accessToken, stack);
  });

  it('of orders at once one is taken', async () => {
    const boss = await admin(web, stack);
    const go = pause(stack);
    try {
      const answers = await together(8, (i) => order(i % 2 ? web : web.other, boss.accessToken));
      assert.deepEqual(answers.map((res) => res.status).sort(), [200, ...Array(7).fill(400)]);
    } finally {
      go();
    }
    await finished(web, boss.accessToken, stack);
  });

  it('sign-ins and refreshes go on during it without a failure', async () => {
    const boss = await admin(web, stack);
    const people = await together(6, () => web.signIn());
    await rotate(stack);
    let busy = true;
    const answers = [];
    const load = people.map(async (person, i) => {
      let token = person.refreshToken;
      while (busy) {
        const each = i % 2 ? web : web.other;
        const next = await refresh(each, token);
        answers.push(next, await each.request('POST', '/api/auth/login', { json: { email: person.email, password: person.password } }));
        token = next.json?.refreshToken ?? token;
      }
    });
    try {
      assertOk(await order(web, boss.accessToken));
      await finished(web, boss.accessToken, stack);
    } finally {
      busy = false;
      await Promise.all(load);
    }
    assert.ok(answers.length > 0);
    for (const res of answers) assertOk(res);
    assert.deepEqual(used(stack), [newest(stack)]);
  });

  it('secret status tells which keys are needed, and from when on no token is', async () => {
    await web.signIn();
    const rows = stack.ctlRows('secret', 'status');
    assert.deepEqual(rows.map((r) => r.key), lines(stack).map((l) => l.split(':')[0]));
    assert.deepEqual(rows.map((r) => r.state), ['seals', ...Array(rows.length - 1).fill('opens')]);
    assert.deepEqual(rows.map((r) => r.looksUp), [...Array(rows.length - 1).fill('no'), 'yes']);
    assert.ok(rows[0].values > 0);
    for (const row of rows) assert.equal(row.broken, 0);
    for (const row of rows.slice(1)) {
      assert.equal(row.values, 0);
      assert.ok(Date.parse(row.tokensUntil) > Date.now() + 7884000 * 1000 - 600000);
    }
    assert.equal(rows[0].tokensUntil, null);
  });
});

through({ name: 'with values that do not open', config, webs: ['lighttpd'] }, (web, stack) => {
  it('SA-51 A-11.3.3 a changed or moved value is told by check and status, left as it is, and stops nothing', async () => {
    const boss = await admin(web, stack);
    const [ann, bob] = [await web.signIn(), await web.signIn()];
    stack.sql(`UPDATE account a, account b SET a.email_sealed = b.email_sealed WHERE a.id = ${bin(ann.subject)} AND b.id = ${bin(bob.subject)}`);
    const value = () => stack.sql(`SELECT HEX(email_sealed) FROM account WHERE id = ${bin(ann.subject)}`)[0][0];
    const kept = value();
    const failed = stack.ctlFails('check');
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, /sealed-value-does-not-open:account\.email\t1/);
    assert.equal(stack.ctlRows('secret', 'status')[0].broken, 1);
    await rotate(stack);
    assertOk(await order(web, boss.accessToken));
    await finished(web, boss.accessToken, stack);
    const { state } = await progress(web, boss.accessToken);
    assert.deepEqual([state['account.email'].success, state['account.name'].success], [false, true]);
    assert.match(state['account.email'].error, /do not open/);
    assert.equal(value(), kept);
    assertOk(await status(web, bob.accessToken));
  });

  it('a key that is gone from the file is called missing', async () => {
    await web.signIn();
    const file = stack.file('sealing-key');
    const kept = readFileSync(file, 'utf8');
    writeFileSync(file, kept.slice(0, kept.lastIndexOf('\n', kept.length - 2) + 1) || kept);
    try {
      const rows = stack.ctlRows('secret', 'status');
      assert.deepEqual(rows.filter((r) => r.state === 'missing').map((r) => [r.key, r.broken > 0]), [['k1', true]]);
    } finally {
      writeFileSync(file, kept);
    }
  });
});

const enrolment = { ...config, otp: { enabled: 'yes' }, two_factor: { email_default: 'no' }, mail: { cooldown: 1 } };

through({ name: 'what people have enrolled', config: enrolment, sink: {}, gateway: {}, webs: ['lighttpd'] }, (web, stack) => {
  const newestOnly = (table, column) => stack.sql(`SELECT DISTINCT TRIM(LEFT(${column}, 4)) FROM ${table} WHERE ${column} IS NOT NULL`).flat();
  async function byPhone(phoneNumber) {
    stack.sql('DELETE FROM throttle');
    const { verificationId } = assertOk(await web.request('POST', '/api/auth/send-otp', { json: { phoneNumber } }));
    const { codes } = await stack.gateway.waitFor({ to: phoneNumber });
    return assertOk(await web.request('POST', '/api/auth/verify-otp', { json: { verificationId, otp: codes[0] } })).user;
  }

  it('KEY-1 A-11.2.2 authenticators, numbers and trusted devices go on under the newest key', async () => {
    const boss = await admin(web, stack);
    const who = await person(web);
    const { browser } = await half(web, who);
    assertOk(await browser.post('/api/auth/2fa/login', { totp: totp(who.secret, 1), trustDevice: true }));
    const number = '+4930901820';
    const caller = await byPhone(number);
    const late = await half(web, who);
    await rotate(stack);
    assertOk(await order(web, boss.accessToken));
    await finished(web, boss.accessToken, stack);
    for (const [table, column] of [['totp', 'secret_sealed'], ['account', 'phone_sealed'], ['account', 'email_sealed'], ['challenge', 'payload_sealed']]) {
      assert.deepEqual(newestOnly(table, column), [newest(stack)], `${table}.${column}`);
    }
    nextStep(stack, who);
    assertOk(await pass(web, late.token, { totp: totp(who.secret, 1) }));
    assert.equal((await byPhone(number)).userId, caller.userId);
    assert.equal(assertOk(await browser.post('/api/auth/login', { email: who.email, password: who.password })).twoFactorRequired, false);
  });
});

through({ name: 'killed in the middle', config, webs: ['lighttpd'] }, (web, stack) => {
  /** Locks a row as another client would; ends with the result. */
  async function hold(sql) {
    const client = spawn('mariadb', ['--no-defaults', '-uroot', `--socket=${stack.socket}`, '-N', '-n', stack.schema], { stdio: ['pipe', 'pipe', 'ignore'] });
    const held = new Promise((resolve) => {
      client.stdout.once('data', resolve);
    });
    client.stdin.write(`BEGIN; ${sql};\n`);
    await held;
    return async () => {
      client.stdin.end();
      await new Promise((resolve) => {
        client.once('exit', resolve);
      });
    };
  }
  const done = (name) => Number(stack.sql(`SELECT done FROM resealing WHERE name = '${name}' AND finished_us = 0`)[0]?.[0] ?? -1);

  it('F40 goes on where it was, with nothing lost and nothing done twice', async () => {
    const boss = await admin(web, stack);
    for (let i = 0; i < 15; i += 1) await together(8, () => web.request('POST', '/api/auth/register', { json: { email: `${Math.random().toString(36).slice(2)}@mail.test`, password: 'a long enough phrase', name: 'Ann' } }));
    const emails = stack.ctlRows('user', 'list').map((u) => u.email).sort();
    assert.ok(emails.length > 100);
    await rotate(stack);
    const [[id]] = stack.sql('SELECT HEX(id) FROM account ORDER BY id LIMIT 75,1');
    const release = await hold(`SELECT HEX(id) FROM account WHERE id = UNHEX('${id}') FOR UPDATE`);
    assertOk(await order(web, boss.accessToken));
    await until(() => done('account.email') === 50, 'the first piece', { logFile: stack.logFile });
    const { pid } = stack.children.pool;
    const all = [pid, ...childrenOf(pid)];
    for (const each of all) process.kill(each, 'SIGKILL');
    await stack.children.pool.exited;
    await release();
    assert.equal(done('account.email'), 50);
    assert.equal(stack.sql(`SELECT COUNT(*) FROM account WHERE TRIM(LEFT(email_sealed, 4)) = '${newest(stack)}'`)[0][0], '50');
    stack.sql("UPDATE lease SET until_us = 1 WHERE name = 'janitor'");
    await stack.startPool();
    await finished(web, boss.accessToken, stack);
    assert.deepEqual(used(stack), [newest(stack)]);
    assert.deepEqual(stack.ctlRows('user', 'list').map((u) => u.email).sort(), emails);
    assert.equal((await progress(web, boss.accessToken)).state['account.email'].done, emails.length);
    stack.ctl('check');
  });

  it('the operator can do the work at once, beside the janitor or without it', async () => {
    await rotate(stack);
    const go = pause(stack);
    stack.ctl('secret', 'reseal', '--wait');
    assert.deepEqual(used(stack), [newest(stack)]);
    assert.equal(stack.sql('SELECT COUNT(*) FROM resealing WHERE finished_us = 0')[0][0], '0');
    go();
  });

  it('processes that lack the key say so, give the lease away and work after their reload', async () => {
    const boss = await admin(web, stack);
    const count = stack.events('server.reloaded').length;
    stack.ctl('secret', 'rotate', stack.file('sealing-key'));
    stack.ctl('secret', 'reseal');
    await until(async () => Object.values((await progress(web, boss.accessToken)).state).some((s) => s.error?.includes(newest(stack))), 'the complaint', { logFile: stack.logFile });
    assert.equal(stack.events('secrets.key_missing').length, 1);
    assert.ok(!used(stack).includes(newest(stack)));
    stack.children.pool.kill('SIGHUP');
    await until(() => stack.events('server.reloaded').length > count, 'the reload');
    await finished(web, boss.accessToken, stack);
    assert.deepEqual(used(stack), [newest(stack)]);
  });
});
