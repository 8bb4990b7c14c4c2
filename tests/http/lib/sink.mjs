// SPDX-License-Identifier: MIT
// Where messages of a house under test arrive: a real SMTP server, and a
// gateway for text messages that verifies signatures.
import { execFileSync } from 'node:child_process';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { folder, freePort, own, remove, start, stop, until } from './process.mjs';

const here = dirname(fileURLToPath(import.meta.url));
/** The templates this tree ships. */
export const templates = resolve(here, '../../../share/templates');

function matches(message, { to, kind, subject }) {
  if (to && message.to.toLowerCase() !== to.toLowerCase()) return false;
  if (kind && message.kind !== kind) return false;
  return !subject || (subject instanceof RegExp ? subject.test(message.subject) : message.subject === subject);
}

/** Messages in the order they came. Each is given out by waitFor once. */
class Box {
  constructor() {
    this.messages = [];
  }

  add(message) {
    this.messages.push(message);
  }

  unseen(filter) {
    return this.messages.filter((m) => !m.seen && matches(m, filter));
  }

  /** The next message not given out before that fits { to, kind, subject (text
   *  or pattern) }; with `count` that many of them, as a list. */
  async waitFor({ count, ...filter } = {}, limitMs = 20000) {
    const what = `${count ?? 1} message(s) ${JSON.stringify(filter)}`;
    const found = await until(() => {
      const list = this.unseen(filter);
      return list.length >= (count ?? 1) && list.slice(0, count ?? 1);
    }, what, { limitMs }).catch((error) => {
      throw new Error(`${error.message}\nthere are: ${this.messages.map((m) => `${m.kind} ${m.to}${m.seen ? ' (seen)' : ''}`).join(', ')}`);
    });
    for (const message of found) message.seen = true;
    return count === undefined ? found[0] : found;
  }

  /** Forgets what came so far. */
  clear() {
    this.messages.length = 0;
  }
}

/** What tests look for in a text. */
function parts(text) {
  return { codes: text.match(/\b\d{6,8}\b/g) ?? [], links: text.match(/https?:\/\/[^\s<>"]+/g) ?? [] };
}

/** An SMTP server in a process of its own. Modes: accept, reject (550 at RCPT),
 *  temporary (451), hang (no greeting), stall (no answer after the text), down
 *  (nobody listens). */
class Sink extends Box {
  constructor(options) {
    super();
    this.options = options;
    this.events = [];
  }

  async start() {
    this.dir = folder('gh-sink-');
    this.port = await freePort();
    const options = { ...this.options, port: this.port };
    if (options.tls) Object.assign(options, this.certificate());
    if (options.user) this.secret('password', options.password ??= 'the password of a mailer');
    this.child = start('/usr/bin/python3', [join(here, 'smtp_sink.py'), JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.child.stdout }).on('line', (line) => this.note(JSON.parse(line)));
    await until(() => this.events.some((e) => e.event === 'ready'), 'the mail sink');
    return this;
  }

  secret(name, text) {
    writeFileSync(join(this.dir, name), `${text}\n`, { mode: 0o600 });
    own(join(this.dir, name));
  }

  certificate() {
    const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => join(this.dir, name));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
      '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    for (const path of [key, certificate]) own(path);
    return { key, certificate };
  }

  note(event) {
    this.events.push(event);
    if (event.event !== 'message') return;
    const to = event.envelopeTo.join(' ');
    this.add({ ...event, ...parts(event.text ?? ''), to, from: event.envelopeFrom, kind: event.headers['x-gatehouse-kind'] });
  }

  /** How often something happened: connection, command, auth, hung, stalled. */
  count(name) {
    return this.events.filter((e) => e.event === name).length;
  }

  /** Changes how the server behaves from the next step on. */
  async mode(mode) {
    const before = this.count('mode');
    this.child.stdin.write(`${JSON.stringify({ mode })}\n`);
    await until(() => this.count('mode') > before, `mode ${mode}`);
  }

  /** The sections a house needs to send here. */
  get config() {
    const mail = {
      transport: 'smtp', smtp_host: '127.0.0.1', smtp_port: this.port, smtp_tls: this.options.tls ? 'required' : 'none',
      from: 'id@example.test', app_name: 'Example', templates, timeout: 3,
    };
    if (this.options.tls) Object.assign(mail, { smtp_host: 'localhost', smtp_ca: join(this.dir, 'certificate.pem') });
    if (this.options.user) Object.assign(mail, { smtp_user: this.options.user, smtp_password_file: join(this.dir, 'password') });
    return { mail };
  }

  async stop() {
    await stop(this.child, 'SIGKILL');
    remove(this.dir);
  }
}

/** A gateway for text messages. `status` is what it answers; a bad signature
 *  gets 401 and is counted in `refused`. */
class Gateway extends Box {
  constructor({ status = 200 } = {}) {
    super();
    this.status = status;
    this.refused = 0;
    this.calls = 0;
    this.secret = 'the secret of a gateway, long enough';
  }

  async start() {
    this.dir = folder('gh-gateway-');
    this.secretFile = join(this.dir, 'secret');
    writeFileSync(this.secretFile, `${this.secret}\n`, { mode: 0o600 });
    own(this.secretFile);
    this.server = http.createServer((req, res) => this.take(req, res));
    await new Promise((done) => {
      this.server.listen(0, '127.0.0.1', done);
    });
    return this;
  }

  signed(req, body) {
    const time = req.headers['x-gatehouse-timestamp'] ?? '';
    const expected = Buffer.from(`sha256=${createHmac('sha256', this.secret).update(`${time}.`).update(body).digest('hex')}`);
    const given = Buffer.from(req.headers['x-gatehouse-signature'] ?? '');
    return Math.abs(Date.now() / 1000 - Number(time)) < 300 && given.length === expected.length && timingSafeEqual(given, expected);
  }

  async take(req, res) {
    const chunks = [];
    this.calls += 1;
    if (this.status === 'hang') return;
    for await (const chunk of req) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (!this.signed(req, body)) {
      this.refused += 1;
      res.writeHead(401).end();
      return;
    }
    if (this.status < 300) {
      const message = JSON.parse(body);
      this.add({ ...message, ...parts(message.text), headers: req.headers, raw: body.toString() });
    }
    res.writeHead(this.status, this.status >= 300 && this.status < 400 ? { Location: '/elsewhere' } : {}).end();
  }

  get config() {
    const url = `http://127.0.0.1:${this.server.address().port}/messages`;
    return { sms: { gateway_url: url, secret_file: this.secretFile, timeout: 3 }, mail: { templates, app_name: 'Example' } };
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((done) => {
      this.server.close(done);
    });
    remove(this.dir);
  }
}

/** Starts a mail server: { mode, tls, user, password }. */
export function startSink(options = {}) {
  return new Sink(options).start();
}

/** Starts a gateway for text messages. */
export function startGateway(options = {}) {
  return new Gateway(options).start();
}

/** The templates in a folder of their own, to be changed; its path. */
export function templatesCopy(files) {
  const dir = folder('gh-templates-');
  for (const [name, text] of Object.entries(files)) {
    if (text === undefined) copyFileSync(join(templates, name), join(dir, name));
    else writeFileSync(join(dir, name), text);
    own(join(dir, name));
  }
  return dir;
}
