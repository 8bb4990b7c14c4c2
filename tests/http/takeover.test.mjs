// SPDX-License-Identifier: MIT
// gatehousectl import supertokens: a database of supertokens-mysql 10.1 is taken
// over, again and again if need be, and what cannot be is told.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from './lib/process.mjs';
import { buildRoot, Stack } from './lib/stack.mjs';
import { sourceOf } from './lib/supertokens.mjs';
import { H } from './lib/supertokens_tokens.mjs';

const bytes = (id) => id.replaceAll('-', '').toUpperCase();
const counts = (read, added, changed, kept, skipped) => ({ read, added, changed, kept, skipped });

/* What the fixture has of each table: rows, and those of them that cannot be
 * taken over. */
const wanted = {
  tenants: [3, 0], key_value: [2, 0], session_access_token_signing_keys: [4, 0], jwt_signing_keys: [1, 0], app_id_to_user_id: [12, 1], userid_mapping: [2, 0],
  emailverification_verified_emails: [5, 0], emailpassword_pswd_reset_tokens: [4, 1], emailverification_tokens: [4, 0], user_metadata: [3, 1], roles: [3, 0], role_permissions: [3, 0], user_roles: [3, 0], totp_user_devices: [2, 0], session_info: [13, 3],
};

describe('a takeover', () => {
  const stack = new Stack({ webs: [] });
  const touched = ['realm', 'account', 'account_tenant', 'identity', 'app_secret', 'signing_key', 'app_user_map', 'app_verified_email', 'app_user_metadata', 'app_role', 'app_role_permission',
    'app_user_role', 'app_totp_device', 'app_token', 'session', 'session_data', 'event'];
  const rows = () => Object.fromEntries(touched.map((t) => [t, stack.sql(`SELECT COUNT(*) FROM ${t}`)[0][0]]));
  const one = (sql) => stack.sql(sql)[0];
  let source, world;

  before(async () => {
    await stack.start();
    source = sourceOf(stack);
    world = source.world;
  });
  after(() => stack.stop());

  describe('before anything is there', () => {
    for (const [what, args] of [['no source', []], ['no such scheme', ['--from', 'postgres://a@b/c']], ['no database', ['--from', 'mysql://a@localhost/']],
      ['a port that is none', ['--from', 'mysql://a@localhost:99999/c']], ['a broken escape', ['--from', 'mysql://a:%zz@localhost/c']],
      ['an unknown option', ['--from', 'mysql://a@localhost/c', '--nonsense']], ['an unknown query', ['--from', 'mysql://a@localhost/c?nonsense=1']],
      ...['a b', 'a`', 'a.b', "a'", 'ä', '-- ', 'x'.repeat(65)].map((word) => [`the prefix ${word}`, ['--from', 'mysql://a@localhost/c', '--prefix', word]])]) {
      it(`${what} is wrong use`, () => {
        const { code, stderr } = stack.ctlFails('import', 'supertokens', ...args);
        assert.equal(code, 2, stderr);
        assert.match(stderr, /--from/);
      });
    }

    it('a source that is away is told, with the exit code of that', () => {
      const { code, stderr } = stack.ctlFails('import', 'supertokens', '--from', 'mysql://nobody@localhost/none?socket=/nowhere/sock');
      assert.equal(code, 69, stderr);
      assert.match(stderr, /the source/);
    });

    it('a password that is wrong is told, and not repeated', () => {
      const { code, stderr } = stack.ctlFails('import', 'supertokens', '--from', source.dsn.replace('word@', 'w0rd@'));
      assert.equal(code, 69, stderr);
      assert.doesNotMatch(stderr, /w0rd/);
    });

    it('a database without its tables is none', () => {
      stack.sqlServer('CREATE DATABASE st_empty');
      stack.sqlServer("GRANT SELECT ON st_empty.* TO 'reader'@'localhost'");
      const { code, stderr } = stack.ctlFails('import', 'supertokens', '--from', source.dsn.replace(source.name, 'st_empty'));
      stack.sqlServer('DROP DATABASE st_empty');
      assert.equal(code, 1, stderr);
      assert.match(stderr, /the source: .*doesn't exist/);
    });

    it('tables with a prefix are found by it, and by no other O01', () => {
      const tables = source.sql('SHOW TABLES').flat();
      const rename = (from, to) => source.sql(`RENAME TABLE ${tables.map((t) => `${from}${t} TO ${to}${t}`).join(', ')}`);
      rename('', 'st_1_');
      try {
        for (const args of [[], ['--prefix', 'st'], ['--prefix', 'st_1_'], ['--prefix', '']]) {
          const { code, tables: none } = source.take('--dry-run', ...args);
          assert.deepEqual([code, none], [1, {}], args.join(' '));
        }
        assert.equal(source.take('--dry-run', '--prefix', 'st_1').tables.session_info.read, wanted.session_info[0]);
      } finally {
        rename('st_1_', '');
      }
    });

    it('a dry run counts and changes nothing O01', () => {
      const held = rows();
      const { code, tables } = source.take('--dry-run');
      assert.equal(code, 1, 'some rows cannot be taken over');
      for (const [table, [read, skipped]] of Object.entries(wanted)) {
        /* The tenant every house has, and what is of no use any more: a key, and
         * a link that proves what is proved. */
        const kept = ['tenants', 'session_access_token_signing_keys', 'emailverification_tokens'].includes(table) ? 1 : 0;
        assert.deepEqual(tables[table], counts(read, read - skipped - kept, 0, kept, skipped), table);
      }
      assert.deepEqual(rows(), held);
    });
  });

  describe('the first run', () => {
    let run;
    before(() => {
      run = source.take();
    });

    it('counts as the dry run did, and tells what is left out and why O01', () => {
      for (const [table, [read, skipped]] of Object.entries(wanted)) {
        assert.equal(run.tables[table].read, read, table);
        assert.equal(run.tables[table].skipped, skipped, table);
      }
      assert.equal(run.code, 1);
      assert.match(run.stderr, /user_metadata: public broken: left out: it is no JSON object/);
      assert.match(run.stderr, new RegExp(`session_info: public ${world.broken.handle}: left out`));
      assert.match(run.stderr, new RegExp(`session_info: public ${world.broken.hash}: left out`));
      assert.match(run.stderr, new RegExp(`session_info: public ${world.broken.payload}: left out: it is no JSON object`));
      assert.match(run.stderr, new RegExp(`app_id_to_user_id: public ${world.broken.twin}: left out: its address has another owner here`));
    });

    it('tells no address, hash or secret', () => {
      const told = run.stdout + run.stderr;
      for (const s of ['mail.test', '$2b$', '$argon2', world.master.public, 'JBSWY3', 'p@ss', H('x')]) assert.ok(!told.includes(s), s);
    });

    it('makes tenants, with settings that mean something here O01', () => {
      assert.deepEqual(stack.sql('SELECT app, tenant, core_config, first_factors, second_factors, app_id = (SELECT r.id FROM realm r WHERE r.app = realm.app AND r.tenant = \'public\') FROM realm ORDER BY app, tenant'), [
        ['public', 'customers', '{}', 'emailpassword thirdparty', 'totp', '1'],
        ['public', 'public', '{}', 'NULL', 'NULL', '1'],
        ['shop', 'public', '{"access_token_validity":1800}', 'NULL', 'NULL', '1'],
      ]);
    });

    it('makes accounts under their ids, with their hashes, tenants and links O01', () => {
      for (const u of Object.values(world.users)) {
        const row = one(`SELECT r.app, r.tenant, a.member, a.password_hash, COALESCE(HEX(a.primary_id), ''), a.created_us FROM account a JOIN realm r ON r.id = a.realm_id WHERE a.id = UNHEX('${bytes(u.id)}')`);
        assert.deepEqual(row, [u.app, u.tenants[0] ?? 'public', u.tenants.length ? '1' : '0', u.hash ?? 'NULL', u.primary ? bytes(world.users[u.primary].id) : '', String(u.at * 1000)], u.email);
        const further = stack.sql(`SELECT r.tenant FROM account_tenant t JOIN realm r ON r.id = t.realm_id WHERE t.account_id = UNHEX('${bytes(u.id)}')`).flat();
        assert.deepEqual(further, u.tenants.slice(1), u.email);
      }
    });

    it('makes one identity for each person of a provider, with nothing in clear O01', () => {
      const known = stack.sql('SELECT HEX(i.account_id), i.provider, r.app, r.tenant FROM identity i JOIN realm r ON r.id = i.realm_id').sort();
      assert.deepEqual(known, Object.values(world.users).filter((u) => u.provider).map((u) => [bytes(u.id), u.provider, u.app, u.tenants[0]]).sort());
      assert.equal(one("SELECT COUNT(*) FROM identity WHERE INSTR(subject_sealed, '100') OR INSTR(subject_sealed, 'Hal')")[0], '0');
      assert.equal(one('SELECT COUNT(*) FROM account WHERE email_hash IS NOT NULL AND contact_hash IS NOT NULL')[0], '0', 'an address that opens nothing');
    });

    it('keeps addresses sealed, and finds accounts by them', () => {
      const { ada } = world.users;
      assert.equal(stack.ctlRows('user', 'show', ada.email)[0].id, ada.id);
      assert.equal(one(`SELECT COUNT(*) FROM account WHERE INSTR(email_sealed, 'mail.test')`)[0], '0');
    });

    it('takes live sessions with the hash of their token alone', () => {
      for (const [name, s] of Object.entries(world.sessions)) {
        const row = one(`SELECT s.kind, r.app, r.tenant, s.subject, HEX(s.refresh_cur), s.claims, d.data, s.expires_us, s.created_us, s.static_key
          FROM session s JOIN realm r ON r.id = s.realm_id JOIN session_data d ON d.session_id = s.id WHERE s.id = UNHEX('${bytes(s.id)}')`);
        assert.deepEqual(row, ['app', s.app, s.tenant, s.userId, s.row.refresh_token_hash_2.toUpperCase(), s.row.jwt_user_payload, s.row.session_data,
          String(s.row.expires_at * 1000), String(s.row.created_at_time * 1000), s.fixed ? '1' : '0'], name);
      }
      assert.equal(one('SELECT COUNT(*) FROM session')[0], String(Object.keys(world.sessions).length), 'ended ones stay behind');
    });

    it('knows whose account a session is, by either id', () => {
      const owner = (s) => one(`SELECT COALESCE(HEX(account_id), 'nobody') FROM session WHERE id = UNHEX('${bytes(s.id)}')`)[0];
      assert.equal(owner(world.sessions.plain), bytes(world.users.ada.id));
      assert.equal(owner(world.sessions.tenant), bytes(world.users.bob.id));
      assert.equal(owner(world.sessions.foreign), 'nobody');
      assert.equal(owner(world.sessions.anonymous), 'nobody');
    });

    it('takes what back ends keep of users', () => {
      const { ada, bob, hal } = world.users;
      assert.deepEqual(stack.sql('SELECT user_id, external_id, info FROM app_user_map ORDER BY user_id'), [[bob.id, bob.external, 'from the old shop'], [hal.id, hal.external, 'from the old shop']].sort());
      assert.equal(one(`SELECT metadata FROM app_user_metadata WHERE user_id = '${ada.id}'`)[0], '{"theme":"dark","name":"Adä","gone":null}');
      assert.deepEqual(stack.sql(`SELECT r.tenant, u.role FROM app_user_role u JOIN realm r ON r.id = u.realm_id WHERE u.user_id = '${ada.id}' ORDER BY 1`), [['customers', 'reader'], ['public', 'admin']]);
      assert.deepEqual(stack.sql('SELECT permission FROM app_role_permission WHERE role = \'admin\' ORDER BY 1').flat(), ['read', 'write']);
      assert.deepEqual(stack.sql('SELECT name, period_s, skew, verified FROM app_totp_device ORDER BY 1'), [['old phone', '60', '0', '0'], ['phone', '30', '1', '1']]);
      assert.equal(one('SELECT COUNT(*) FROM app_totp_device WHERE INSTR(secret_sealed, \'JBSWY3\')')[0], '0');
    });

    it('takes keys and the refresh secret, sealed', () => {
      const kids = stack.sql('SELECT kid, purpose FROM signing_key WHERE purpose <> \'access\' ORDER BY kid');
      assert.deepEqual(kids, [['current', 'dynamic'], ['previous', 'dynamic'], ['shop', 'dynamic'], ['fixed', 'static']]
        .map(([name, purpose]) => [world.keys[name].kid, purpose]).sort((a, b) => (a[0] < b[0] ? -1 : 1)));
      assert.equal(one('SELECT COUNT(*) FROM app_secret')[0], '2');
      assert.equal(one(`SELECT COUNT(*) FROM app_secret WHERE INSTR(sealed, '${world.master.public.slice(5, 40)}')`)[0], '0');
    });

    it('what is sealed opens, and nothing stands that must not', () => {
      assert.deepEqual(stack.ctlRows('check').filter((row) => row.rows !== 0), []);
    });
  });

  describe('many rows', () => {
    const many = 1234;
    const fill = (table, columns, values, n) => source.sql(`INSERT INTO ${table} (${columns}) SELECT ${values} FROM (SELECT @i := @i + 1 AS i FROM information_schema.columns, (SELECT @i := 0) x LIMIT ${n}) s`);
    const id = (n) => `CONCAT('00000000-0000-4000-8000-', LPAD(${n}, 12, '0'))`;

    before(() => {
      fill('session_info', 'app_id, tenant_id, session_handle, user_id, refresh_token_hash_2, session_data, expires_at, created_at_time, jwt_user_payload, use_static_key',
        `IF(i % 3, 'public', 'shop'), 'public', ${id('i')}, 'many', SHA2(i, 256), '{}', ${world.now + 90 * 86400_000}, ${world.now}, '{}', 0`, many);
      fill('user_metadata', 'app_id, user_id, user_metadata', `'public', CONCAT('many-', i), '{}'`, many);
      fill('user_roles', 'app_id, tenant_id, user_id, role', `'public', IF(i % 2, 'public', 'customers'), CONCAT('many-', i DIV 2), IF(i % 4 < 2, 'admin', 'reader')`, many);
    });
    after(() => {
      source.sql("DELETE FROM session_info WHERE user_id = 'many'");
      for (const table of ['user_metadata', 'user_roles']) source.sql(`DELETE FROM ${table} WHERE user_id LIKE 'many-%'`);
    });
    const there = () => [one("SELECT COUNT(*) FROM session WHERE subject = 'many'"), one("SELECT COUNT(*) FROM app_user_metadata WHERE user_id LIKE 'many-%'"),
      one("SELECT COUNT(*) FROM app_user_role WHERE user_id LIKE 'many-%'")].flat().map(Number);

    it('a run that is killed leaves whole pieces, and the next one ends the work O01', async () => {
      const child = spawn(join(buildRoot, 'gatehousectl'), ['--config', stack.config, 'import', 'supertokens', '--from', '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
      const ended = new Promise((done) => {
        child.once('exit', done);
      });
      child.stdin.end(`${source.dsn}\n`);
      await until(() => there().some((n) => n > 0) || child.exitCode !== null, 'the first rows', { limitMs: 60000 });
      child.kill('SIGKILL');
      await ended;
      const held = there();
      const { tables } = source.take();
      assert.deepEqual(there(), [many, many, many]);
      for (const [table, n] of [['session_info', held[0]], ['user_metadata', held[1]], ['user_roles', held[2]]]) assert.equal(tables[table].added, many - n, table);
    });
  });

  describe('every further run', () => {
    before(() => {
      stack.sql("DELETE FROM session WHERE subject = 'many'");
    });

    it('leaves all as it is', () => {
      const held = rows();
      const { tables } = source.take();
      for (const [table, [read, skipped]] of Object.entries(wanted)) assert.deepEqual(tables[table], counts(read, 0, 0, read - skipped, skipped), table);
      assert.deepEqual(rows(), held);
    });

    it('brings what has been made since', () => {
      source.sql("INSERT INTO user_metadata (app_id, user_id, user_metadata) VALUES ('public', 'late', '{}')");
      assert.deepEqual(source.take().tables.user_metadata, counts(4, 1, 0, 2, 1));
    });

    it('moves a session on that has moved on there, not one that has moved on here', () => {
      const { plain, older } = world.sessions;
      const set = (s, to) => source.sql(`UPDATE session_info SET refresh_token_hash_2 = '${H(to)}' WHERE session_handle = '${s.handle}'`);
      const cur = (s) => one(`SELECT HEX(refresh_cur) FROM session WHERE id = UNHEX('${bytes(s.id)}')`)[0];
      stack.sql(`UPDATE session SET refresh_prev = refresh_cur, refresh_cur = UNHEX('${H('here')}'), cur_issued_us = cur_issued_us + 1 WHERE id = UNHEX('${bytes(older.id)}')`);
      set(plain, 'there');
      set(older, 'there too');
      assert.deepEqual(source.take().tables.session_info, counts(13, 0, 1, 9, 3));
      assert.equal(cur(plain), H('there').toUpperCase());
      assert.equal(cur(older), H('here').toUpperCase());
    });

    it('brings no session back that was ended here', () => {
      const { csrf } = world.sessions;
      stack.ctl('session', 'revoke', '--user', csrf.userId, '--id', csrf.id);
      source.sql(`UPDATE session_info SET refresh_token_hash_2 = '${H('again')}' WHERE session_handle = '${csrf.handle}'`);
      source.take('--replace');
      assert.notEqual(one(`SELECT revoked_us FROM session WHERE id = UNHEX('${bytes(csrf.id)}')`)[0], '0');
    });

    it('with --replace gives what stands the state it has there', () => {
      const { ada } = world.users;
      source.sql(`UPDATE user_metadata SET user_metadata = '{"theme":"light"}' WHERE user_id = '${ada.id}'`);
      source.sql(`UPDATE emailpassword_users SET password_hash = '${world.users.carol.hash}' WHERE user_id = '${ada.id}'`);
      assert.deepEqual(source.take().tables.app_id_to_user_id, counts(12, 0, 0, 11, 1));
      const { tables } = source.take('--replace');
      assert.deepEqual(tables.app_id_to_user_id, counts(12, 0, 1, 10, 1));
      assert.deepEqual(tables.user_metadata, counts(4, 0, 1, 2, 1));
      assert.deepEqual(one(`SELECT password_hash, version FROM account WHERE id = UNHEX('${bytes(ada.id)}')`), [world.users.carol.hash, '2']);
    });
  });
});
