// SPDX-License-Identifier: MIT
// gatehousectl: every command, as text and as JSON, beside running servers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { own } from './lib/process.mjs';
import { buildRoot, sourceRoot, through } from './lib/stack.mjs';
import { assertOk, assertProblem, bearer, bin, headerOf, move, refresh, rfc3339, sessionRow, status, uuid } from './lib/checks.mjs';

const password = 'a long enough phrase';
const fresh = () => `${Math.random().toString(36).slice(2)}@mail.test`;

through({}, (web, stack) => {
  const login = (email, secret = password) => web.request('POST', '/api/auth/login', { json: { email, password: secret } });
  const rows = (...args) => stack.ctlRows(...args);
  const again = (session) => web.signIn({ email: session.email, register: false });

  /** Exit code and words of a command that fails under another configuration. */
  function fails(config, ...args) {
    try {
      stack.ctlBare('--config', config, ...args);
    } catch (error) {
      return { code: error.status, stderr: error.stderr };
    }
    throw new Error(`${args.join(' ')} succeeded`);
  }

  describe('usage', () => {
    it('--help names every command, --version the version', () => {
      const help = stack.ctl('--help');
      for (const command of ['check-config', 'migrate', 'secret create', 'user create', 'user disable', 'user enable', 'user list', 'session list',
        'session revoke', 'keys list', 'keys rotate', 'keys revoke', 'api-key create', 'api-key list', 'api-key revoke', 'purge', 'check']) {
        assert.ok(help.includes(`  ${command}`), command);
      }
      assert.match(stack.ctl('--version'), /^gatehousectl \d+\.\d+/);
    });

    for (const args of [[], ['nonsense'], ['user'], ['user', 'nonsense'], ['user', 'list', 'more'], ['user', 'list', '--nonsense'], ['session', 'list'],
      ['session', 'revoke'], ['session', 'revoke', '--all', '--user', 'a@b.test'], ['session', 'revoke', '--id', 'x'], ['keys', 'revoke'],
      ['api-key', 'create'], ['api-key', 'create', 'x', '--days', 'many'], ['api-key', 'revoke'], ['check', 'more'], ['purge', 'more']]) {
      it(`wrong: ${args.join(' ') || 'nothing'}`, () => {
        const { code, stderr } = stack.ctlFails(...args);
        assert.equal(code, 2);
        assert.notEqual(stderr, '');
      });
    }

    it('a database that is away is said so, with an exit code of its own', () => {
      const config = stack.file('away.conf');
      writeFileSync(config, readFileSync(stack.config, 'utf8').replace(/^socket = .*/m, `socket = ${stack.file('no.sock')}`));
      own(config);
      for (const args of [['user', 'list'], ['keys', 'list'], ['purge'], ['check'], ['migrate'], ['session', 'revoke', '--all']]) {
        const { code, stderr } = fails(config, ...args);
        assert.equal(code, 69, stderr);
        assert.match(stderr, /no\.sock/);
      }
    });
  });

  describe('check-config', () => {
    const judge = (text) => {
      const file = stack.file('judged.conf');
      writeFileSync(file, `${readFileSync(stack.config, 'utf8')}\n${text}`);
      own(file);
      return file;
    };

    it('a sound one', () => {
      assert.match(stack.ctlBare('--config', judge(''), 'check-config'), /sound/);
    });

    for (const [what, text, told] of [
      ['unknown key', '[http]\nnonsense = 1\n', /judged\.conf:\d+: .*nonsense/],
      ['unknown section', '[nonsense]\nx = 1\n', /judged\.conf:\d+: .*nonsense/],
      ['value out of bounds', '[tokens]\naccess_lifetime = 0\n', /judged\.conf:\d+: .*tokens\.access_lifetime/],
      ['value of the wrong type', '[cookies]\nsecure = perhaps\n', /judged\.conf:\d+: .*cookies\.secure/],
      ['__Host- with a domain', '[cookies]\nprefix = host\ndomain = example.test\n', /cookies\.domain/],
      ['prefix without Secure', '[cookies]\nprefix = secure\nsecure = no\n', /cookies\.secure/],
      ['a foreign cookie domain', '[cookies]\ndomain = elsewhere.test\n', /cookies\.domain/],
      ['keys published too long', '[keys]\nrotation = 60\npublish_ahead = 60\n', /keys\.publish_ahead/],
      ['sealing key missing', '[keys]\nsealing_key_file = /nonexistent\n', /sealing_key_file|nonexistent/],
    ]) {
      it(`refused: ${what}`, () => {
        const { code, stderr } = fails(judge(text), 'check-config');
        assert.equal(code, 78);
        assert.match(stderr, told);
      });
    }
  });

  describe('secret create', () => {
    it('makes a file nobody else can read, and never overwrites one', () => {
      const file = stack.file(`secret-${web.name}`);
      stack.ctl('secret', 'create', file);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const text = readFileSync(file, 'utf8');
      assert.match(text, /^[A-Za-z0-9._-]+:[A-Za-z0-9_-]{43}\n$/);
      assert.equal(stack.ctlFails('secret', 'create', file).code, 1);
      assert.equal(readFileSync(file, 'utf8'), text);
    });
  });

  describe('migrate', () => {
    const tables = () => stack.sql('SELECT table_name, column_name, column_type FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY 1, 2');

    it('may be repeated and changes nothing then', () => {
      const before = [tables(), stack.sql('SELECT version, applied_us FROM schema_migration')];
      stack.ctl('migrate');
      assert.deepEqual([tables(), stack.sql('SELECT version, applied_us FROM schema_migration')], before);
    });

    it('two runs at once on an empty schema: one applies, both succeed', async () => {
      const schema = `${stack.schema}_${web.name}`;
      stack.sqlServer(`CREATE DATABASE ${schema} CHARACTER SET utf8mb4; GRANT ALL ON ${schema}.* TO 'gatehouse'@'localhost'`);
      const config = stack.file('fresh.conf');
      writeFileSync(config, readFileSync(stack.config, 'utf8').replace(/^name = .*/m, `name = ${schema}`));
      const run = () => new Promise((resolve) => {
        spawn(join(buildRoot, 'gatehousectl'), ['--config', config, 'migrate', '--sql', join(sourceRoot, 'sql')], { stdio: 'ignore' }).once('exit', resolve);
      });
      assert.deepEqual(await Promise.all([run(), run(), run()]), [0, 0, 0]);
      const applied = stack.sqlServer('SELECT COUNT(*), COUNT(DISTINCT version) FROM schema_migration', schema)[0];
      assert.equal(applied[0], applied[1]);
      assert.ok(Number(applied[0]) >= 1);
      stack.sqlServer(`DROP DATABASE ${schema}`);
    });
  });

  describe('user', () => {
    it('create takes the password from standard input and the rules for all', async () => {
      const email = fresh();
      stack.ctlWith(`${password}\n`, 'user', 'create', email, '--name', 'Ann Ops');
      assert.equal(assertOk(await login(email)).user.name, 'Ann Ops');
      const refuses = (input, address) => {
        try {
          stack.ctlWith(input, 'user', 'create', address);
        } catch (error) {
          return error.status;
        }
        return 0;
      };
      assert.equal(refuses(`${password}\n`, email), 1, 'known already');
      assert.equal(refuses('short\n', fresh()), 1);
      assert.equal(refuses('password1\n', fresh()), 1);
      assert.equal(refuses(`${password}\n`, 'no-address'), 1);
      assert.equal(refuses('', fresh()), 2);
    });

    it('list shows accounts as text and as JSON', async () => {
      const { email, subject } = await web.signIn();
      const mine = rows('user', 'list').find((row) => row.id === subject);
      assert.deepEqual({ ...mine, createdAt: undefined }, { id: subject, email, name: 'Ann', status: 'active', roles: 'USER', createdAt: undefined });
      assert.match(mine.createdAt, rfc3339);
      const line = stack.ctl('user', 'list').split('\n').find((each) => each.includes(subject));
      assert.deepEqual(line.split('\t'), [subject, email, 'Ann', 'active', 'USER', mine.createdAt]);
    });

    it('list pages through more accounts than one page holds', () => {
      const before = rows('user', 'list').length;
      stack.sql(`INSERT INTO account (id, realm_id, created_us, updated_us) SELECT UNHEX(MD5(CONCAT('${web.name}', seq))), 1, 1, 1 FROM seq_1_to_1100`);
      const ids = rows('user', 'list').map((row) => row.id);
      assert.equal(ids.length, before + 1100);
      assert.equal(new Set(ids).size, ids.length);
      stack.sql('DELETE FROM account WHERE created_us = 1');
    });

    it('A-7.4.2 disable ends sessions and refuses sign-in, enable lets in again', async () => {
      const session = await web.signIn();
      stack.ctl('user', 'disable', session.email);
      assertProblem(await status(web, session.accessToken), 401, 'SESSION_INVALID');
      assertProblem(await refresh(web, session.refreshToken), 401, 'SESSION_INVALID');
      assertProblem(await login(session.email), 401, 'INVALID_CREDENTIALS');
      assert.equal(rows('user', 'list').find((row) => row.id === session.subject).status, 'disabled');
      stack.ctl('user', 'disable', session.email);
      stack.ctl('user', 'enable', session.subject);
      assertOk(await login(session.email));
      assertProblem(await refresh(web, session.refreshToken), 401, 'SESSION_INVALID');
      assert.equal(stack.ctlFails('user', 'disable', fresh()).code, 1);
      assert.equal(stack.ctlFails('user', 'disable', '01890a5d-ac96-774b-bcce-b302099a8057').code, 1);
    });
  });

  describe('session', () => {
    it('list shows live sessions by address and by id', async () => {
      const session = await web.signIn();
      const other = await again(session);
      const gone = await again(session);
      assertOk(await gone.browser.post('/api/auth/logout'));
      const listed = rows('session', 'list', '--user', session.email);
      assert.deepEqual(listed.map((row) => row.id).sort(), [session.sessionId, other.sessionId].sort());
      for (const row of listed) {
        assert.deepEqual(Object.keys(row), ['id', 'browser', 'os', 'ipAddress', 'createdAt', 'lastActiveAt', 'expiresAt']);
        assert.match(row.id, uuid);
        assert.equal(row.ipAddress, '127.0.0.1');
        for (const name of ['createdAt', 'lastActiveAt', 'expiresAt']) assert.match(row[name], rfc3339);
      }
      assert.deepEqual(rows('session', 'list', '--user', session.subject), listed);
      const text = stack.ctl('session', 'list', '--user', session.email);
      assert.equal(text.trim().split('\n').length, 2);
      assert.ok(!text.includes(session.refreshToken));
      assert.equal(stack.ctlFails('session', 'list', '--user', fresh()).code, 1);
    });

    it('revoke --user ends one or all of a person', async () => {
      const a = await web.signIn();
      const c = await again(a);
      const d = await again(a);
      assert.deepEqual(rows('session', 'revoke', '--user', a.email, '--id', c.sessionId), [{ revoked: 1 }]);
      assertProblem(await status(web, c.accessToken), 401, 'SESSION_INVALID');
      assertOk(await status(web, a.accessToken));
      assert.equal(stack.ctlFails('session', 'revoke', '--user', a.email, '--id', c.sessionId).code, 1);
      assert.deepEqual(rows('session', 'revoke', '--user', a.subject), [{ revoked: 2 }]);
      for (const session of [a, d]) assertProblem(await refresh(web, session.refreshToken), 401, 'SESSION_INVALID');
      assert.equal(sessionRow(stack, d.sessionId, 'revoked_reason')[0], 'operator');
      assert.deepEqual(rows('session', 'revoke', '--user', a.subject), [{ revoked: 0 }]);
    });

    it('revoke --ip ends the sessions of an address', async () => {
      const [near, far] = [await web.signIn(), await web.signIn()];
      stack.sql(`UPDATE session SET ip = UNHEX('00000000000000000000FFFFCB007109') WHERE id = ${bin(far.sessionId)}`);
      assert.deepEqual(rows('session', 'revoke', '--ip', '203.0.113.9'), [{ revoked: 1 }]);
      assertProblem(await status(web, far.accessToken), 401, 'SESSION_INVALID');
      assertOk(await status(web, near.accessToken));
      assert.equal(stack.ctlFails('session', 'revoke', '--ip', 'nowhere').code, 1);
    });

    it('revoke --before and --all end every session, and only older ones', async () => {
      const old = await web.signIn();
      stack.sql('UPDATE realm SET sessions_valid_from_us = 0');
      stack.sql(`UPDATE session SET created_us = created_us - 7200000000 WHERE id = ${bin(old.sessionId)}`);
      const young = await again(old);
      stack.ctl('session', 'revoke', '--before', `${new Date(Date.now() - 3600e3).toISOString().slice(0, 19)}Z`);
      assertProblem(await status(web, old.accessToken), 401, 'SESSION_INVALID');
      assertOk(await status(web, young.accessToken));
      stack.ctl('session', 'revoke', '--all');
      assertProblem(await status(web, young.accessToken), 401, 'SESSION_INVALID');
      for (const time of ['yesterday', '2026-13-01T00:00:00Z', '2026-01-01', '2026-01-01T00:00:00Z more']) {
        assert.equal(stack.ctlFails('session', 'revoke', '--before', time).code, 1);
      }
    });
  });

  describe('keys', () => {
    it('list, rotate, rotate --now, revoke', async () => {
      const first = await web.signIn();
      const { kid } = headerOf(first.accessToken);
      const state = (id) => rows('keys', 'list').find((row) => row.kid === id)?.state;
      assert.equal(state(kid), 'signing');
      stack.ctl('keys', 'rotate');
      const listed = rows('keys', 'list');
      for (const row of listed) {
        assert.deepEqual(Object.keys(row), ['kid', 'alg', 'state', 'createdAt', 'activeAt', 'retiredAt', 'expiresAt']);
        assert.equal(row.alg, 'ES256');
      }
      assert.equal(listed.filter((row) => row.state === 'published').length, 1);
      assert.equal(state(kid), 'signing');
      stack.ctl('keys', 'rotate', '--now');
      const now = headerOf((await web.signIn()).accessToken).kid;
      assert.equal(state(now), 'signing');
      assert.equal(state(kid), 'retired');
      assertOk(await status(web, first.accessToken));
      stack.ctl('keys', 'revoke', kid);
      assert.equal(state(kid), 'revoked');
      assertProblem(await status(web, first.accessToken), 401, 'ACCESS_TOKEN_INVALID');
      assert.equal(stack.ctlFails('keys', 'revoke', kid).code, 1);
      assert.ok(!/PRIVATE|sealed/i.test(stack.ctl('keys', 'list')));
    });
  });

  describe('api-key', () => {
    it('create, list, revoke', async () => {
      const [{ id, key }] = rows('api-key', 'create', 'shop "front"', '--days', '7');
      assert.match(key, /^ghk_/);
      const use = () => web.request('POST', '/api/auth/introspect', { headers: bearer(key), json: { token: 'x' } });
      assertOk(await use());
      const listed = rows('api-key', 'list').find((row) => row.id === id);
      assert.equal(listed.name, 'shop "front"');
      assert.equal(Math.round((Date.parse(listed.expiresAt) - Date.parse(listed.createdAt)) / 86400e3), 7);
      assert.equal(listed.revokedAt, null);
      assert.ok(!stack.ctl('api-key', 'list').includes(key));
      stack.ctl('api-key', 'revoke', id);
      assertProblem(await use(), 401, 'API_KEY_INVALID');
      assert.match(rows('api-key', 'list').find((row) => row.id === id).revokedAt, rfc3339);
      for (const wrong of [id, 'no-id', '01890a5d-ac96-774b-bcce-b302099a8057']) assert.equal(stack.ctlFails('api-key', 'revoke', wrong).code, 1);
      const [text] = stack.ctl('api-key', 'create', 'plain').trim().split('\n');
      assert.match(text, /^[0-9a-f-]{36}\tghk_\S+$/);
    });
  });

  it('purge deletes what is over beyond its retention, and nothing else', async () => {
    const [live, revoked, kept, expired] = [await web.signIn(), await web.signIn(), await web.signIn(), await web.signIn()];
    assertOk(await revoked.browser.post('/api/auth/logout'));
    assertOk(await kept.browser.post('/api/auth/logout'));
    const month = -2592001;
    move(stack, revoked.sessionId, { revoked_us: month, created_us: month, active_us: month });
    move(stack, expired.sessionId, { expires_us: -7884000 + month, created_us: -7884000 + month, active_us: -7884000 + month });
    stack.sql(`INSERT INTO token_revocation VALUES (UNHEX(MD5('${web.name}')), 1);
      INSERT INTO event (id, realm_id, at_us, kind, ip) VALUES (UNHEX(MD5('${web.name}')), 1, 1, 'auth.sign_in', UNHEX(REPEAT('00', 16)))`);
    const [{ deleted }] = rows('purge');
    assert.ok(deleted >= 4, `${deleted}`);
    const left = (session) => sessionRow(stack, session.sessionId, '1') !== undefined;
    assert.deepEqual([live, revoked, kept, expired].map(left), [true, false, true, false]);
    assert.equal(stack.sql('SELECT COUNT(*) FROM token_revocation WHERE expires_us = 1')[0][0], '0');
    assert.equal(stack.sql('SELECT COUNT(*) FROM event WHERE at_us = 1')[0][0], '0');
    assertOk(await status(web, live.accessToken));
    assert.match(stack.ctl('purge'), /^0\n$/);
  });

  it('check finds nothing wrong, and what is', async () => {
    const { sessionId, subject } = await web.signIn();
    const found = () => {
      let text;
      try {
        text = stack.ctl('check');
      } catch (error) {
        assert.equal(error.status, 1);
        assert.match(error.stderr, /invariants/);
        text = error.stdout;
      }
      return text.split('\n').filter(Boolean).map((line) => line.split('\t')).filter(([, count]) => count !== '0');
    };
    assert.deepEqual(found(), []);
    for (const [damage, mend, name] of [
      [`UPDATE session SET revoked_us = 1 WHERE id = ${bin(sessionId)}`, `UPDATE session SET revoked_us = 0 WHERE id = ${bin(sessionId)}`, 'session-revoked-without-reason'],
      [`UPDATE session SET absolute_us = expires_us - 1 WHERE id = ${bin(sessionId)}`, `UPDATE session SET absolute_us = 0 WHERE id = ${bin(sessionId)}`, 'session-outlives-its-absolute-end'],
      [`UPDATE account SET status = 'disabled' WHERE id = ${bin(subject)}`, `UPDATE account SET status = 'active' WHERE id = ${bin(subject)}`, 'session-live-of-disabled-account'],
    ]) {
      stack.sql(damage);
      assert.deepEqual(found(), [[name, '1']]);
      stack.sql(mend);
    }
    for (const row of rows('check')) assert.deepEqual([typeof row.invariant, row.rows], ['string', 0]);
  });
});
