// SPDX-License-Identifier: MIT
// A dump of the database after a busy time holds nothing that opens anything
// and nobody's address: all that client and mailbox have seen is looked for.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, bearer, refresh, together } from './lib/checks.mjs';
import { templates } from './lib/sink.mjs';
import { base32, totp } from './lib/totp.mjs';

/** Members of bodies that are secret or personal, wherever they stand. */
const telling = /^(email|newEmail|password|newPassword|oldPassword|currentPassword|name|phone|phoneNumber|code|otp|secret|totpAuthUrl|recoveryCodes|csrfToken|token|.*Token)$/;

/** Everything seen, by kind. */
class Seen {
  constructor() {
    this.values = new Map();
  }

  add(kind, value) {
    if (typeof value !== 'string' || value.length < 6) return;
    if (!this.values.has(value)) this.values.set(value, kind);
  }

  body(json, inside = '') {
    if (typeof json === 'string') this.add(inside, json);
    if (!json || typeof json !== 'object') return;
    for (const [key, value] of Object.entries(json)) {
      const kind = Array.isArray(json) ? inside : key;
      if (telling.test(kind) || typeof value === 'object') this.body(value, kind);
    }
  }

  /** Looks over the shoulder of a client. */
  watch(client) {
    const ask = client.request.bind(client);
    client.request = async (method, path, options = {}) => {
      const res = await ask(method, path, options);
      this.body(options.json);
      this.body(res.json);
      for (const cookie of res.cookies) this.add(`cookie ${cookie.name}`, cookie.value);
      return res;
    };
    return client;
  }

  mail(message) {
    this.add('mail to', message.to);
    for (const code of message.codes ?? []) this.add('mailed code', code);
    for (const link of message.links ?? []) this.add('mailed link', new URL(link).searchParams.get('token') ?? '');
    for (const line of (message.text ?? '').split(/\r?\n/)) if (line.length > 30) this.add('mail text', line);
  }

  get kinds() {
    return new Set(this.values.values());
  }
}

/** The forms in which a value could stand in a row. */
function formsOf(kind, value) {
  const forms = [Buffer.from(value)];
  if (/^[\w-]{40,}$/.test(value)) forms.push(Buffer.from(value, 'base64url').subarray(0, 32));
  if (value.split('.').length === 3 && value.length > 100) forms.push(Buffer.from(value.split('.')[2]));
  if (kind === 'secret') forms.push(base32(value));
  return forms.filter((form) => form.length >= 6);
}

const dump = (stack, ...options) => execFileSync('mariadb-dump', ['--no-defaults', '-uroot', `--socket=${stack.socket}`, '--skip-extended-insert', '--single-transaction', ...options, stack.schema], { maxBuffer: 1 << 28 });

function assertHidden(stack, seen) {
  const [plain, hex] = [dump(stack), dump(stack, '--hex-blob').toString('latin1').toUpperCase()];
  const text = plain.toString('latin1').toLowerCase();
  for (const [value, kind] of seen.values) {
    if (/^\d{4,8}$/.test(value)) {
      assert.ok(!new RegExp(`(?<![0-9a-f])${value}(?![0-9a-f])`).test(text), `${kind} ${value}`);
      continue;
    }
    for (const form of formsOf(kind, value)) {
      assert.ok(!text.includes(form.toString('latin1').toLowerCase()), `${kind}: ${value}`);
      assert.ok(!hex.includes(form.toString('hex').toUpperCase()), `${kind} in hexadecimal: ${value}`);
    }
  }
}

/** A person who does a bit of everything; what fails is seen as well. */
async function busy(web, seen) {
  const client = seen.watch(Object.create(web, { request: { value: web.request.bind(web), writable: true } }));
  const email = `zacharias-${Math.random().toString(36).slice(2)}@mail.example.org`;
  const password = `phrase of ${Math.random().toString(36).slice(2)}`;
  const post = (path, json, headers = {}) => client.request('POST', path, { json, headers });
  assertOk(await post('/api/auth/register', { email, password, name: 'Zacharias Quuxington' }));
  await post('/api/auth/register', { email, password: 'quite another phrase', name: 'Zacharias Quuxington' });
  await post('/api/auth/login', { email, password: 'a wrong but long phrase' });
  await post('/api/auth/login', { email: `no-${email}`, password: 'a wrong but long phrase' });
  const session = assertOk(await post('/api/auth/login', { email, password }));
  const auth = bearer(session.accessToken);
  seen.body(assertOk(await refresh(web, session.refreshToken)));
  seen.body((await web.request('GET', '/api/auth/status', { headers: auth })).json);
  const proof = assertOk(await post('/api/auth/step-up', { password }, auth)).stepUpToken;
  const both = { ...auth, 'X-Step-Up-Token': proof };
  await client.request('PUT', '/api/users/me', { json: { name: 'Zacharias Changed' }, headers: auth });
  await client.request('PUT', '/api/users/me/email', { json: { newEmail: `new-${email}` }, headers: both });
  await post('/api/auth/password/reset-request', { email });
  await post('/api/auth/send-otp', { email });
  const setup = assertOk(await client.request('GET', '/api/auth/2fa/totp/setup', { headers: both }));
  assertOk(await post('/api/auth/2fa/totp/setup', { token: setup.token, code: totp(setup.secret) }, both));
  const first = assertOk(await post('/api/auth/login', { email, password }));
  const second = { 'X-Two-Factor-Authentication-Token': first.twoFactorAuthenticationToken };
  await post('/api/auth/2fa/email/send', {}, second);
  await post('/api/auth/2fa/login', { totp: totp(setup.secret, 1) }, second);
  return { email };
}

const config = { two_factor: { email_default: 'no' } };

through({ sink: {}, config }, (web, stack) => {
  it('CRY-1 SA-51 A-14.2.4 R6238-5.1 a dump holds no address, name, password, code, seed, token, key or mail in clear', async () => {
    const seen = new Seen();
    const people = await together(3, () => busy(web, seen));
    for (const { email } of people) await stack.sink.waitFor({ to: email });
    for (const message of stack.sink.messages) seen.mail(message);
    seen.add('API key', stack.ctl('api-key', 'create', `busy ${web.name}`).trim().split(/\s+/).find((word) => word.startsWith('ghk_')));
    for (const kind of ['email', 'password', 'name', 'secret', 'recoveryCodes', 'accessToken', 'refreshToken', 'stepUpToken', 'twoFactorAuthenticationToken', 'token',
      'cookie device_token', 'mail text', 'API key']) assert.ok(seen.kinds.has(kind), `no ${kind} was seen`);
    assertHidden(stack, seen);
  });

  it('a value in clear would have been found', async () => {
    const seen = new Seen();
    const { subject } = await web.signIn();
    seen.add('name', 'Plainly Visible');
    stack.sql(`UPDATE session SET label = 'plainly visible' WHERE subject = '${subject}'`);
    assert.throws(() => assertHidden(stack, seen), /Plainly Visible/);
    const raw = new Seen();
    raw.add('refreshToken', Buffer.alloc(40, 7).toString('base64url'));
    stack.sql(`UPDATE account SET name_sealed = REPEAT(CHAR(7), 40) WHERE id = UNHEX(REPLACE('${subject}', '-', ''))`);
    assert.throws(() => assertHidden(stack, raw), /refreshToken/);
    stack.sql(`DELETE FROM account WHERE id = UNHEX(REPLACE('${subject}', '-', ''))`);
  });
});

through({ name: 'whose mail server is away', config: { ...config, mail: { transport: 'smtp', smtp_host: '127.0.0.1', smtp_port: 1, smtp_tls: 'none', from: 'id@example.test', templates } } }, (web, stack) => {
  it('CRY-1 messages that wait are sealed, address and text', async () => {
    const seen = new Seen();
    await busy(web, seen);
    assert.ok(Number(stack.sql('SELECT COUNT(*) FROM outbox')[0][0]) > 0);
    for (const words of ['account/reset-password', 'Quuxington', 'account/verify-email']) seen.add('mail text', words);
    assertHidden(stack, seen);
  });
});
