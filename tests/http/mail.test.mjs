// SPDX-License-Identifier: MIT
// Messages leave by a real SMTP server, in two languages, from templates an
// operator can replace; none of them is readable in the database.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { assertOk } from './lib/checks.mjs';
import { remove, run, stop, until } from './lib/process.mjs';
import { templatesCopy } from './lib/sink.mjs';
import { sourceRoot, through } from './lib/stack.mjs';

let serial = 0;
const fresh = () => `somebody.${process.pid}.${serial += 1}@example.org`;
const kinds = [...readFileSync(join(sourceRoot, 'src/domain/mail.def'), 'utf8').matchAll(/^MAIL\(\w+, "([^"]+)", \w+, "([^"]*)"\)/gm)]
  .map(([, kind, values]) => ({ kind, values: values.split(' ').filter(Boolean) }));
const outbox = (stack) => Number(stack.sql('SELECT COUNT(*) FROM outbox')[0][0]);
const reset = (web, email, query = '', headers = {}) => web.request('POST', `/api/auth/password/reset-request${query}`, { json: { email }, headers });

through({ name: 'with a mail server', sink: {} }, (web, stack) => {
  it('delivers a message as text and HTML, from the configured address, and keeps nothing of it', async () => {
    const to = fresh();
    stack.ctl('mail', 'test', to, '--kind', 'verify-email');
    const message = await stack.sink.waitFor({ to, kind: 'verify-email' });
    assert.equal(message.from, 'id@example.test');
    assert.equal(message.headers.from, 'Example <id@example.test>');
    assert.equal(message.headers.to, `<${to}>`.replace(/[<>]/g, ''));
    assert.equal(message.headers['auto-submitted'], 'auto-generated');
    assert.match(message.headers['message-id'], /^<[0-9a-f-]{36}@example\.test>$/);
    assert.ok(Math.abs(Date.parse(message.headers.date) - Date.now()) < 120e3, message.headers.date);
    assert.match(message.headers['content-type'], /^multipart\/alternative/);
    for (const part of [message.text, message.html]) {
      assert.match(part, /Ann Example/);
      assert.match(part, /https:\/\/id\.example\.test/);
    }
    assert.ok(message.raw.split('\r\n').every((line) => line.length <= 78), 'lines are short');
    assert.deepEqual(stack.sql(`SELECT COUNT(*) FROM outbox WHERE kind = 'verify-email'`), [['0']]);
  });

  for (const [locale, lang] of [['en', 'en'], ['de', 'de'], ['de-AT', 'de'], ['DE-at', 'de'], ['de-DE-1996', 'de'], ['fr', 'en'], ['zz-Zzzz', 'en']]) {
    it(`ALR-2 ${locale} is written in ${lang}`, async () => {
      const to = fresh();
      stack.ctl('mail', 'test', to, '--locale', locale);
      const message = await stack.sink.waitFor({ to });
      assert.match(message.html, new RegExp(`<html lang="${lang}">`));
      assert.equal(message.subject, lang === 'de' ? 'Testnachricht von Example' : 'Test message from Example');
    });
  }

  for (const locale of ['../../etc/passwd', 'de/../de', 'x', '-de', 'de-', 'de%00']) {
    it(`ALR-2 what is no language (${locale}) falls back to the default`, async () => {
      const to = fresh();
      stack.ctl('mail', 'test', to, '--locale', locale);
      assert.equal((await stack.sink.waitFor({ to })).subject, 'Test message from Example');
    });
  }

  it('ALR-2 the locale parameter of a request decides, then the browser, then the default', async () => {
    for (const [query, accept, subject] of [
      ['?locale=de', undefined, /^Kein Konto/], ['?locale=de-CH', 'en', /^Kein Konto/], ['', 'de-DE,de;q=0.9,en;q=0.8', /^Kein Konto/],
      ['?locale=en', 'de', /^No account/], ['', undefined, /^No account/], ['?locale=xx', undefined, /^No account/],
      ['?locale=../de', undefined, /^No account/], ['?locale=de&locale=de', undefined, /^No account/], ['', '*', /^No account/], ['?locale=', 'de', /^Kein Konto/],
    ]) {
      const to = fresh();
      assertOk(await reset(web, to, query, accept ? { 'Accept-Language': accept } : {}));
      const message = await stack.sink.waitFor({ to, kind: 'no-account' });
      assert.match(message.subject, subject, `${query} ${accept}`);
    }
  });

  for (const locale of ['en', 'de']) {
    it(`every kind has its values filled in, in ${locale}`, async () => {
      const samples = { name: 'Ann Example', code: '12345678', link: 'https://id.example.test', minutes: '10', email: 'new@example.org', reason: 'country', method: 'totp', left: '5', device: 'Firefox on Linux', provider: 'Acme', providers: 'Acme, GitHub' };
      const sent = kinds.map(({ kind, values }) => ({ kind, values, to: fresh() }));
      for (const { kind, to } of sent) stack.ctl('mail', 'test', to, '--kind', kind, '--locale', locale, '--no-wait');
      for (const { kind, to, values } of sent) {
        const message = await stack.sink.waitFor({ to, kind });
        for (const part of [message.subject, message.text, message.html]) assert.doesNotMatch(part, /\{\{|\}\}/, kind);
        /* password only says that there is one. */
        for (const name of values.filter((n) => n !== 'name' && n !== 'password')) {
          assert.ok(message.text.includes(samples[name]), `${kind} has no ${name} in its text`);
          assert.ok(message.html.includes(samples[name]), `${kind} has no ${name} in its HTML`);
        }
        assert.doesNotMatch(message.subject, /12345678/, 'no code on a locked screen');
      }
    });
  }

  it('no address, code or link is readable in a dump of the outbox, nor in the log', async () => {
    await stack.sink.mode('temporary');
    const to = fresh();
    stack.ctl('mail', 'test', to, '--kind', 'sign-in-code', '--no-wait');
    const id = await until(() => stack.sql(`SELECT HEX(id) FROM outbox WHERE kind = 'sign-in-code' AND attempts > 0 AND error <> ''`)[0]?.[0], 'a failed attempt');
    const dump = run('mariadb-dump', ['--no-defaults', '-uroot', `--socket=${stack.socket}`, stack.schema, 'outbox'], { uid: process.getuid(), gid: process.getgid() });
    assert.ok(dump.includes('sign-in-code') && dump.includes('mail server answered 451'), 'the row is in the dump');
    const listed = stack.ctl('--json', 'outbox', 'list');
    const log = readFileSync(stack.logFile, 'latin1');
    for (const text of [dump, listed, log]) {
      for (const secret of [to, to.split('@')[0], '12345678', 'Ann Example']) assert.ok(!text.includes(secret), secret);
    }
    assert.equal(id.length, 32);
    await stack.sink.mode('accept');
    await stack.sink.waitFor({ to });
    await until(() => outbox(stack) === 0, 'an empty outbox');
  });
});

const folders = [];
after(() => folders.forEach(remove));
const own = templatesCopy({
  'test.en.txt': 'Subject:   {{app}}: mine\r\n\r\nOwn {{app}} {{nonsense}}{{unclosed\n{{?place}}never {{place}}\n{{!place}}always\n',
  'test.en.html': '<p>{{app}}</p>',
  'test.de.txt': 'Subject: Nur Text\n\nNur Text.\n',
  'no-account.en.txt': 'A template without its subject\n',
});
folders.push(own);

through({ name: 'with templates of its own', sink: {}, config: { mail: { templates: own, app_name: 'Bücher & <Töne>, von weit her zusammengetragen für alle Welt' } } }, (web, stack) => {
  it('A-1.2.1 A-1.1.2 a replaced template is used, escaped where it is HTML, and only there', async () => {
    const to = fresh();
    const app = 'Bücher & <Töne>, von weit her zusammengetragen für alle Welt';
    stack.ctl('mail', 'test', to);
    const message = await stack.sink.waitFor({ to });
    assert.equal(message.subject, `${app}: mine`);
    assert.ok(message.headers.from.includes('id@example.test') && message.headers.from.includes('Bücher'), message.headers.from);
    assert.equal(message.text.replaceAll('\r\n', '\n').trim(), `Own ${app} {{unclosed\nalways`);
    assert.equal(message.html.trim(), '<p>Bücher &amp; &lt;Töne&gt;, von weit her zusammengetragen für alle Welt</p>');
    const header = message.raw.split('\r\n\r\n')[0];
    assert.match(header, /^[\x20-\x7e\r\n]*$/, 'header fields are ASCII');
    assert.ok(header.split('\r\n').every((line) => line.length <= 78), header);
  });

  it('a message without an HTML template is text alone', async () => {
    const to = fresh();
    stack.ctl('mail', 'test', to, '--locale', 'de');
    const message = await stack.sink.waitFor({ to });
    assert.match(message.headers['content-type'], /^text\/plain/);
    assert.equal(message.html, null);
    assert.match(message.text, /Nur Text\./);
  });

  it('a broken or missing template keeps the message for when it is mended', async () => {
    assert.match(stack.ctlFails('mail', 'test', fresh(), '--kind', 'no-account').stderr, /still in the outbox: template no-account: VALIDATION/);
    assert.match(stack.ctlFails('mail', 'test', fresh(), '--kind', 'new-device').stderr, /still in the outbox: template new-device: there is none/);
    stack.sql('DELETE FROM outbox');
  });
});

through({ name: 'whose only workers are mod_fcgid\'s', webs: ['apache'], sink: {} }, (web, stack) => {
  it('F53 an idle worker lets a child of its own deliver, once', async () => {
    await stop(stack.children.pool);
    const list = Array.from({ length: 8 }, fresh);
    for (const to of list) stack.ctl('mail', 'test', to, '--no-wait');
    for (const to of list) await stack.sink.waitFor({ to });
    await until(() => outbox(stack) === 0, 'an empty outbox');
    assert.equal(stack.sink.messages.length, list.length);
    assert.equal((await web.request('GET', '/readyz')).status, 200);
  });

  it('F53 requests are answered while the mail server hangs', async () => {
    await stack.sink.mode('hang');
    const to = fresh();
    stack.ctl('mail', 'test', to, '--no-wait');
    await until(() => stack.sink.count('hung') > 0, 'a hanging connection');
    const answers = await Promise.all(Array.from({ length: 24 }, () => web.request('GET', '/readyz')));
    assert.ok(answers.every((res) => res.status === 200));
    assertOk((await web.signIn()).login);
    await stack.sink.mode('accept');
    await stack.sink.waitFor({ to });
    assert.equal(stack.sink.messages.filter((m) => m.to === to).length, 1);
  });
});
