// SPDX-License-Identifier: MIT
// What happens to messages when the server that should take them is down,
// slow or says no: nobody waits, nothing is lost, nothing comes twice.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertOk, together } from './lib/checks.mjs';
import { Pool, alive, childrenOf } from './lib/pool.mjs';
import { own, stop, until } from './lib/process.mjs';
import { startGateway, startSink, templates } from './lib/sink.mjs';
import { through } from './lib/stack.mjs';

let serial = 0;
const fresh = () => `somebody.${process.pid}.${serial += 1}@example.org`;
const queue = (stack, to, ...more) => stack.ctl('mail', 'test', to, '--no-wait', ...more);
const rows = (stack) => stack.ctlRows('outbox', 'list');
/* Looked up in the table while waiting: a command each time would cost more than what is waited for. */
const errors = (stack) => stack.sql('SELECT error FROM outbox').map(([error]) => error ?? '');
const gone = (stack) => until(() => errors(stack).length === 0, 'an empty outbox', { logFile: stack.logFile });
const tried = (stack, error) => until(() => errors(stack).some((text) => error.test(text)), `an attempt that ends with ${error}`, { logFile: stack.logFile });
const times = (stack, to) => stack.sink.messages.filter((m) => m.to === to).length;

through({ name: 'whose mail server misbehaves', sink: {} }, (web, stack) => {
  for (const [mode, error] of [['down', /mail server: /], ['hang', /mail server: /], ['stall', /mail server: /], ['temporary', /mail server answered 451/]]) {
    it(`F53 while it is in mode ${mode} requests are answered, and the message arrives once when it is back`, async () => {
      await stack.sink.mode(mode);
      const to = fresh();
      queue(stack, to);
      await tried(stack, error);
      const answers = await together(12, () => web.request('POST', '/api/auth/password/reset-request', { json: { email: fresh() } }));
      for (const res of answers) assertOk(res);
      assertOk((await web.signIn()).login);
      assert.equal(times(stack, to), 0);
      await stack.sink.mode('accept');
      await stack.sink.waitFor({ to, kind: 'test' });
      await stack.sink.waitFor({ kind: 'no-account', count: 12 });
      await gone(stack);
      assert.equal(times(stack, to), 1);
      stack.sink.clear();
    });
  }

  it('F53 a message that is refused for good is given up, can be listed, tried again and deleted', async () => {
    await stack.sink.mode('reject');
    const to = fresh();
    const { code, stderr } = stack.ctlFails('mail', 'test', to);
    assert.equal(code, 1);
    assert.match(stderr, /given up: mail server answered 550/);
    const [row] = rows(stack);
    assert.deepEqual([row.channel, row.kind, row.state, row.attempts, row.error], ['mail', 'test', 'given-up', 1, 'mail server answered 550']);
    assert.deepEqual(Object.keys(row), ['id', 'channel', 'kind', 'locale', 'state', 'attempts', 'createdAt', 'dueAt', 'expiresAt', 'error']);
    await stack.sink.mode('reject');
    const before = stack.sink.count('connection');
    queue(stack, fresh());
    await until(() => rows(stack).every((r) => r.state === 'given-up') && rows(stack).length === 2, 'both given up');
    await until(() => stack.sink.count('connection') > before, 'the second attempt');
    await stack.sink.mode('reject');
    assert.equal(stack.sink.count('connection'), before + 1, 'what was given up is not tried');
    await stack.sink.mode('accept');
    assert.match(stack.ctl('outbox', 'retry', row.id), /^1\n$/);
    await stack.sink.waitFor({ to });
    for (const wrong of [row.id, 'no-id', '00000000-0000-0000-0000-000000000000']) assert.equal(stack.ctlFails('outbox', 'retry', wrong).code, 1);
    assert.equal(stack.ctlFails('outbox', 'retry').code, 2);
    assert.match(stack.ctl('outbox', 'purge'), /^1\n$/);
    assert.deepEqual(rows(stack), []);
  });

  it('F53 what has become worthless is never delivered', async () => {
    await stack.sink.mode('down');
    const to = fresh();
    queue(stack, to, '--kind', 'sign-in-code');
    await tried(stack, /mail server/);
    stack.sql('UPDATE outbox SET expires_us = CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED) + 100000');
    await stack.sink.mode('accept');
    await until(() => rows(stack)[0]?.state === 'given-up', 'its end');
    assert.equal(times(stack, to), 0);
    assert.match(stack.ctl('outbox', 'retry', '--all'), /^0\n$/, 'nor later');
    stack.sql('UPDATE outbox SET expires_us = 1');
    assert.deepEqual(stack.ctlRows('purge').length, 1);
    assert.deepEqual(rows(stack), [], 'the janitor deletes it after its retention');
  });

  it('a row that cannot be opened is given up and holds up no other', async () => {
    await stack.sink.mode('down');
    queue(stack, fresh());
    stack.sql('UPDATE outbox SET recipient_sealed = REVERSE(recipient_sealed)');
    const to = fresh();
    queue(stack, to);
    await stack.sink.mode('accept');
    await stack.sink.waitFor({ to });
    await until(() => rows(stack).length === 1 && rows(stack)[0].error === 'cannot be read', 'the other one');
    stack.ctl('outbox', 'purge');
  });

  it('A-1.3.11 no address begins a header field or a command of its own', async () => {
    for (const bad of ['a@example.org\r\nBcc: b@example.org', 'a@example.org>\r\nRCPT TO:<b@example.org', 'a@example.org,b@example.org', 'a b@example.org', '<a@example.org>', 'nobody', '@', 'a@']) {
      assert.match(stack.ctlFails('mail', 'test', bad).stderr, /given up: not an address/, bad);
    }
    assert.ok(stack.sink.messages.every((m) => !/b@example/.test(m.to)));
    stack.ctl('outbox', 'purge');
  });

  it('commands that do not exist or miss a word say how they are used', async () => {
    for (const words of [['mail', 'test'], ['mail', 'test', 'a@example.org', '--kind', 'nonsense'], ['mail', 'test', 'a@example.org', 'b@example.org'], ['outbox', 'purge', 'x'], ['outbox', 'list', '--x'], ['outbox']]) {
      assert.equal(stack.ctlFails(...words).code, 2, words.join(' '));
    }
    const { code, stderr } = stack.ctlFails('mail', 'test', '+491701234567');
    assert.equal(code, 1);
    assert.match(stderr, /names no way out/);
  });
});

describe('the courier of a pool', () => {
  const withPool = async (options, body) => {
    const sink = await startSink(options);
    const pool = new Pool({ config: { server: { workers: 2 }, mail: sink.config.mail } });
    pool.sink = sink;
    try {
      await pool.start();
      await pool.complete(4);
      await body(pool, sink);
    } finally {
      await pool.stop();
      await sink.stop();
    }
  };
  const courier = (pool) => childrenOf(pool.master.pid).find((pid) => pool.workers.indexOf(pid) === 1);

  it('F53 F4 killed in the middle of a delivery is replaced and loses no message', () => withPool({}, async (pool, sink) => {
    await sink.mode('stall');
    const to = fresh();
    queue(pool, to);
    await until(() => sink.count('stalled') === 1, 'a delivery under way');
    const victim = courier(pool);
    process.kill(victim, 'SIGKILL');
    await until(() => pool.events('server.child_died').some((e) => e.child === victim && e.role === 'courier'), 'its end');
    await sink.mode('accept');
    await sink.waitFor({ to });
    await gone(pool);
    assert.equal(times(pool, to), 1);
    await pool.complete(4);
  }));

  it('F53 goes on TERM while the server hangs, and the next one delivers', () => withPool({}, async (pool, sink) => {
    await sink.mode('stall');
    const to = fresh();
    queue(pool, to);
    await until(() => sink.count('stalled') === 1, 'a delivery under way');
    const children = pool.workers;
    assert.deepEqual(await stop(pool.master), { code: 0, signal: null });
    assert.deepEqual(pool.events('server.child_killed'), [], 'nobody had to be killed');
    assert.ok(children.every((pid) => !alive(pid)));
    assert.equal(rows(pool)[0].error, 'interrupted');
    await sink.mode('accept');
    await pool.startPool();
    await sink.waitFor({ to });
    await gone(pool);
    assert.equal(times(pool, to), 1);
  }));

  it('F53 is begun, replaced and sent off as the configuration says on HUP; reopens its log on USR1', () => withPool({}, async (pool, sink) => {
    const reload = async (mail, count) => {
      const from = pool.events('server.reloaded').length;
      pool.reconfigure({ server: { workers: 2 }, mail });
      pool.master.kill('SIGHUP');
      await pool.logged('server.reloaded', from);
      await pool.complete(count);
    };
    const before = courier(pool);
    await reload({ ...sink.config.mail, from: 'other@example.test' }, 4);
    await until(() => !alive(before), 'the end of the old one');
    await pool.complete(4);
    const to = fresh();
    queue(pool, to);
    assert.equal((await sink.waitFor({ to })).from, 'other@example.test');
    await reload({ ...sink.config.mail, transport: 'none' }, 3);
    await reload(sink.config.mail, 4);
    pool.master.kill('SIGUSR1');
    const again = fresh();
    queue(pool, again);
    await sink.waitFor({ to: again });
    assert.deepEqual(pool.events('server.child_died'), []);
  }));

  it('F53 of two pools deliver every message once', () => withPool({}, async (pool, sink) => {
    await sink.mode('down');
    const list = Array.from({ length: 30 }, fresh);
    for (const to of list) queue(pool, to);
    pool.reconfigure({ server: { workers: 2, listen: `unix:${pool.file('second.sock')}` }, mail: sink.config.mail });
    const second = pool.second();
    await until(() => childrenOf(second.pid).length === 4, 'the second pool');
    await sink.mode('accept');
    for (const to of list) await sink.waitFor({ to });
    await gone(pool);
    assert.equal(sink.messages.length, list.length);
    await stop(second);
  }));
});

describe('STARTTLS and signing in', () => {
  const withHouse = async (options, change, body) => {
    const sink = await startSink(options);
    const pool = new Pool({ config: { server: { workers: 1 }, mail: { ...sink.config.mail, ...change(sink) } } });
    pool.sink = sink;
    try {
      await pool.start();
      await body(pool, sink);
    } finally {
      await pool.stop();
      await sink.stop();
    }
  };
  const secret = (sink, text) => {
    sink.secret('wrong', text);
    return join(sink.dir, 'wrong');
  };

  it('a server without STARTTLS gets nothing in clear, and the message stays', () => withHouse({}, () => ({ smtp_tls: 'required' }), async (pool, sink) => {
    queue(pool, fresh());
    await tried(pool, /mail server: /);
    await until(() => sink.count('connection') > 0, 'a connection');
    assert.ok(sink.events.every((e) => e.event !== 'command' || e.verb === 'EHLO'), 'no MAIL command');
    assert.deepEqual(sink.messages, []);
    assert.equal(rows(pool)[0].state, 'trying');
  }));

  it('with STARTTLS and a password the message arrives by TLS, signed in', () => withHouse({ tls: true, user: 'mailer' }, () => ({}), async (pool, sink) => {
    const to = fresh();
    pool.ctl('mail', 'test', to);
    const message = await sink.waitFor({ to });
    assert.deepEqual([message.tls, message.login], [true, true]);
    assert.ok(sink.events.filter((e) => e.event === 'auth').every((e) => e.tls), 'no password in clear');
    assert.ok(!readFileSync(pool.logFile, 'utf8').includes(sink.options.password));
  }));

  it('A-12.3.2 a certificate nobody vouches for is refused', () => withHouse({ tls: true }, () => ({ smtp_ca: '/etc/ssl/certs/ca-certificates.crt' }), async (pool, sink) => {
    queue(pool, fresh());
    await tried(pool, /mail server: /);
    assert.deepEqual(sink.messages, []);
  }));

  it('a wrong password keeps the message for when it is mended', () => withHouse({ tls: true, user: 'mailer' }, (sink) => ({ smtp_password_file: secret(sink, 'a wrong password') }), async (pool, sink) => {
    queue(pool, fresh());
    await tried(pool, /mail server: /);
    assert.ok(sink.events.some((e) => e.event === 'auth' && !e.good));
    assert.deepEqual(sink.messages, []);
    assert.equal(rows(pool)[0].state, 'trying');
    assert.ok(!/wrong password|mailer/.test(rows(pool)[0].error));
  }));
});

describe('sendmail', () => {
  /* A house whose sendmail is a shell script in its own folder. */
  const pool = new Pool({});
  const program = () => pool.file('sendmail');
  const read = (name) => readFileSync(join(pool.file('out'), name), 'utf8');
  const script = (lines) => {
    writeFileSync(program(), `#!/bin/sh\nout=${pool.file('out')}\n${lines}\n`);
    chmodSync(program(), 0o755);
    own(program());
  };
  before(async () => {
    const begin = pool.startDatabase.bind(pool);
    pool.startDatabase = () => {
      begin();
      mkdirSync(pool.file('out'));
      own(pool.file('out'));
      pool.overrides = { server: { workers: 1 }, mail: { transport: 'sendmail', sendmail: program(), from: 'id@example.test', app_name: 'Example', templates, timeout: 2 } };
      script('exit 0');
    };
    await pool.start();
  });
  after(() => pool.stop());
  afterEach(() => {
    script('exit 0');
    pool.sql('DELETE FROM outbox');
  });

  it('A-1.2.5 gets the whole message on standard input, nothing of it as an argument, and no environment of ours', () => {
    script('cat >$out/message; printf "%s\\n" "$@" >$out/args; env >$out/env; ls /proc/self/fd >$out/fds');
    const to = 'o\'brien+$(touch${IFS}x)`id`@example.org';
    pool.ctl('mail', 'test', to.replace(/[()]/g, ''));
    const message = read('message');
    assert.match(message, /^To: <o'brien\+\$touch\$\{IFS\}x`id`@example\.org>$/m);
    assert.match(message, /^Subject: Test message from Example$/m);
    assert.match(message, /^Content-Type: multipart\/alternative;$/m);
    assert.ok(!message.includes('\r'));
    assert.equal(read('args'), '-t\n-i\n');
    assert.deepEqual(read('env').split('\n').filter((l) => l && !/^(PWD|OLDPWD|_|SHLVL)=/.test(l)), ['PATH=/usr/sbin:/usr/bin:/sbin:/bin']);
    assert.deepEqual(read('fds').split('\n').filter((fd) => fd && Number(fd) > 3), [], 'no descriptor of ours');
    assert.deepEqual(rows(pool), []);
  });

  for (const [what, lines, state, error] of [
    ['a temporary failure', 'exit 75', 'trying', /sendmail: exit 75/], ['an unknown person', 'exit 67', 'given-up', /sendmail: exit 67/],
    ['a crash', 'kill -SEGV $$', 'trying', /sendmail: signal 11/], ['a program that never ends', 'exec sleep 1000', 'trying', /sendmail: no end in time/],
    ['a program that never reads', 'exec <&-; exec sleep 1000', 'trying', /sendmail: no end in time/],
  ]) {
    it(`F53 ${what} leaves the message ${state}`, async () => {
      script(lines);
      queue(pool, fresh());
      await tried(pool, error);
      assert.equal(rows(pool)[0].state, state);
    });
  }

  it('a program that is not there keeps the message', async () => {
    rmSync(pool.file('out/message'), { force: true });
    pool.reconfigure({ ...pool.overrides, mail: { ...pool.overrides.mail, sendmail: pool.file('nothing') } });
    pool.master.kill('SIGHUP');
    await pool.logged('server.reloaded');
    queue(pool, fresh());
    await tried(pool, /sendmail: exit 71/);
    assert.ok(!existsSync(pool.file('out/message')));
  });
});

describe('the gateway for text messages', () => {
  const to = '+491701234567';
  let gateway;
  let pool;
  before(async () => {
    gateway = await startGateway();
    pool = new Pool({ config: { server: { workers: 1 }, ...gateway.config } });
    await pool.start();
  });
  after(async () => {
    await pool.stop();
    await gateway.stop();
  });
  afterEach(() => {
    gateway.status = 200;
    gateway.clear();
    pool.sql('DELETE FROM outbox');
  });

  for (const locale of ['en', 'de']) {
    it(`gets a signed JSON object in ${locale}`, async () => {
      queue(pool, to, '--kind', 'sign-in-code', '--locale', locale);
      const message = await gateway.waitFor({ to, kind: 'sign-in-code' });
      assert.deepEqual(Object.keys(JSON.parse(message.raw)), ['id', 'kind', 'locale', 'to', 'text']);
      assert.equal(message.locale, locale);
      assert.deepEqual(message.codes, ['12345678']);
      assert.match(message.text, locale === 'de' ? /Anmeldecode/ : /sign-in code/);
      assert.match(message.headers['content-type'], /^application\/json/);
      assert.equal(gateway.refused, 0);
      await gone(pool);
    });
  }

  for (const [status, state, error] of [[500, 'trying', /gateway answered 500/], [302, 'trying', /gateway answered 302/], [401, 'trying', /gateway answered 401/], [422, 'given-up', /gateway answered 422/], ['hang', 'trying', /gateway: /]]) {
    it(`F53 that answers ${status} leaves the message ${state}, and follows nowhere`, async () => {
      gateway.status = status;
      queue(pool, to);
      await tried(pool, error);
      assert.equal(rows(pool)[0].state, state);
      assert.deepEqual(gateway.messages, []);
      if (state === 'given-up') return;
      gateway.status = 200;
      await gateway.waitFor({ to });
      await gone(pool);
      assert.equal(gateway.messages.length, 1);
    });
  }
});
