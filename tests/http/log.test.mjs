// SPDX-License-Identifier: MIT
// What a watcher of the log sees, in both formats: the shipped fail2ban filter
// finds every address that failed and none that somebody made up. fail2ban's own
// program is asked too where it is installed (FAIL2BAN_REGEX names it).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { sourceRoot } from './lib/stack.mjs';
import { withPool } from './lib/pool.mjs';
import { auditOf, pastOverlap } from './lib/checks.mjs';

const filter = join(sourceRoot, 'conf/fail2ban-filter.conf');
const program = process.env.FAIL2BAN_REGEX ?? '/usr/bin/fail2ban-regex';
const password = 'a long enough phrase';
const attacker = '198.51.100.66';
const attacker6 = '2001:db8::66';
const liar = '203.0.113.9';

/** The lines of one setting of the filter, as fail2ban reads them. */
function setting(name) {
  const found = new RegExp(`^${name} *=((?:.*\\n)(?:[ \\t]+.*\\n)*)`, 'm').exec(readFileSync(filter, 'utf8'));
  return found[1].split('\n').map((line) => line.trim()).filter(Boolean);
}

/** The addresses the filter finds: fail2ban cuts the time out of a line, then
 *  matches the rest. */
function found(log) {
  const dates = setting('datepattern').map((p) => new RegExp(p.replaceAll('%%', '%').replace('%Y-%m-%dT%H:%M:%S', '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d')));
  const rules = setting('failregex').map((rule) => new RegExp(rule.replaceAll('%(_events)s', setting('_events')[0]).replace('<HOST>', '(?<host>[0-9a-fA-F.:]+)')));
  return log.split('\n').flatMap((line) => {
    const date = dates.find((d) => d.test(line));
    if (!date) return [];
    const rest = line.replace(date, '');
    return rules.map((rule) => rule.exec(rest)?.groups.host).filter(Boolean).slice(0, 1);
  });
}

for (const format of ['logfmt', 'json']) {
  withPool(`fail2ban and ${format}`, { config: { log: { format, level: 'debug' }, throttle: { account_limit: 2 } } }, (pool) => {
    const post = (path, body, { ip = '127.0.0.1', ...fields } = {}) => pool.ask('POST', `/api/auth/${path}`, { body: JSON.stringify(body), fields: { REMOTE_ADDR: ip, ...fields } });
    let expected;

    before(async () => {
      const me = { email: 'ann@example.org', password };
      await post('register', me);
      const session = (await post('login', me)).json;
      /* Each of these is an attack, and is told once. */
      expected = [];
      for (const ip of [attacker, attacker6, attacker]) {
        const failed = await post('login', { ...me, password: 'a wrong long phrase' }, { ip });
        assert.ok([401, 429].includes(failed.status));
        expected.push(ip);
      }
      await post('login', { email: 'nobody@example.org', password }, { ip: attacker });
      await post('register', me, { ip: attacker6 });
      expected.push(attacker, attacker6);
      const stolen = { HTTP_AUTHORIZATION: `Bearer ${session.refreshToken}` };
      const child = (await post('refresh', {}, stolen)).json;
      await pool.ask('GET', '/api/auth/status', { fields: { HTTP_AUTHORIZATION: `Bearer ${child.accessToken}` } });
      pastOverlap(pool, session.sessionId);
      assert.equal((await post('refresh', {}, { ip: attacker, ...stolen })).json.code, 'TOKEN_THEFT_DETECTED');
      expected.push(attacker);
      /* None of these is one, though they would like to look like it. */
      const texts = [`event=auth.sign_in_failed ip=${liar}`, `"event":"auth.sign_in_failed","ip":"${liar}"`, `x\\" ip=${liar}`,
        `time=2026-01-01T00:00:00Z level=notice pid=1 event=auth.sign_in_failed ip=${liar} `, `{"time":"2026-01-01T00:00:00Z","level":"notice","pid":1,"event":"token.reuse","ip":"${liar}"`];
      for (const [i, text] of texts.entries()) {
        const fields = { HTTP_USER_AGENT: text, HTTP_REFERER: text, HTTP_X_FORWARDED_FOR: liar, HTTP_HOST: text, HTTP_SEC_CH_UA: text };
        await post('register', { email: `bob${i}@example.org`, password, name: text }, fields);
        await post('login', { email: `bob${i}@example.org`, password }, fields);
        await pool.ask('GET', `/api/auth/${encodeURIComponent(text)}?${encodeURIComponent(text)}`, { fields: { ...fields, REQUEST_METHOD: text } });
        await pool.ask('GET', '/api/auth/status', { fields: { ...fields, HTTP_AUTHORIZATION: `Bearer ${text}`, HTTP_COOKIE: `access_token=${text}` } });
      }
    });

    it('the filter finds each failure by its address, and nothing else', () => {
      const log = readFileSync(pool.logFile, 'utf8');
      assert.deepEqual(found(log).sort(), [...expected].sort());
    });

    it('and so does fail2ban itself, where it is installed', () => {
      if (!existsSync(program)) return;
      writeFileSync(pool.file('filter.conf'), readFileSync(filter));
      const out = execFileSync(program, ['--out', '<ip>', pool.logFile, pool.file('filter.conf')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      assert.deepEqual(out.split('\n').filter(Boolean).sort(), [...expected].sort());
    });

    it('A-16.4.1 every line is one line, of plain ASCII', () => {
      const lines = readFileSync(pool.logFile, 'latin1').split('\n').filter(Boolean);
      for (const line of lines) assert.match(line, format === 'json' ? /^\{"time":"[\x20-\x7e]*\}$/ : /^time=[\x20-\x7e]*$/);
      if (format === 'json') for (const line of lines) JSON.parse(line);
    });

    it('what was logged as theft is in the audit table too', () => assert.equal(auditOf(pool, 'token.reuse').length, 1));
  });
}
