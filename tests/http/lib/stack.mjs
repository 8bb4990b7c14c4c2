// SPDX-License-Identifier: MIT
// The whole house for one test file: a private MariaDB (or the run's shared
// one) with its own schema, the pool behind lighttpd, and Apache mod_fcgid with
// workers of its own, over one configuration.
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, before, after } from 'node:test';
import { Browser, request, raw } from './client.mjs';
import { folder, freePort, listens, own, remove, run, start, stop, until } from './process.mjs';
import { startGateway, startSink } from './sink.mjs';
import { SqlClient } from './sql_client.mjs';

export const sourceRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const buildRoot = resolve(process.env.GATEHOUSE_BUILD ?? sourceRoot);
const database = join(sourceRoot, 'tests/lib/mariadb');
let schemaCount = 0;
let shared;

/** The socket of the run's database server, or of one for this file that ends
 *  with it. */
function sharedDatabase() {
  if (process.env.GATEHOUSE_TEST_DB_SOCKET) return process.env.GATEHOUSE_TEST_DB_SOCKET;
  if (!shared) {
    const dir = folder('gh-db-');
    shared = databaseStart(dir, { GATEHOUSE_TEST_OWNER: process.pid });
    process.on('exit', () => {
      execFileSync(database, ['stop', dir]);
      remove(dir);
    });
  }
  return shared;
}

function databaseStart(dir, env) {
  return execFileSync(database, ['start', dir], { encoding: 'utf8', env: { ...process.env, ...env } }).trim().split('\n')[0];
}

/** INI text from { section: { key: value } }. */
export function ini(sections) {
  return Object.entries(sections).map(([section, keys]) => `[${section}]\n${Object.entries(keys)
    .map(([key, value]) => `${key} = ${value}\n`).join('')}`).join('\n');
}

/** A snippet of conf/ with the places of this test in it. */
export function snippet(name, places) {
  let text = readFileSync(join(sourceRoot, 'conf', name), 'utf8');
  for (const [from, to] of Object.entries(places)) text = text.replaceAll(from, to);
  return text;
}

/** One house. `config` overrides sections of the configuration; `ownDatabase`
 *  gives it a server that a test may stop; `sink` (its options) a mail server,
 *  stack.sink, and `gateway` one for text messages, stack.gateway. */
export class Stack {
  constructor({ config = {}, webs = bothWebs, ownDatabase = false, sink, gateway } = {}) {
    this.overrides = config;
    this.sinkOptions = sink;
    this.gatewayOptions = gateway;
    this.wanted = webs;
    this.private = ownDatabase;
    this.ports = {};
    this.children = {};
  }

  async start() {
    this.dir = folder();
    this.file = (name) => join(this.dir, name);
    this.logFile = this.file('all.log');
    this.log = openSync(this.logFile, 'a');
    [this.logRead, this.told] = [0, []];
    own(this.logFile);
    this.startDatabase();
    if (this.sinkOptions) this.sink = await startSink(this.sinkOptions);
    if (this.gatewayOptions) this.gateway = await startGateway(this.gatewayOptions);
    await Promise.all(this.wanted.map(async (web) => {
      this.ports[web] = await freePort();
    }));
    this.writeConfig();
    this.ctl('migrate');
    await this.startPool();
    for (const web of this.wanted) await this.startWeb(web);
  }

  startDatabase() {
    this.schema = `gh_${process.pid}_${schemaCount += 1}`;
    this.socket = this.private ? databaseStart(this.file('db')) : sharedDatabase();
    this.sqlServer(`CREATE DATABASE ${this.schema} CHARACTER SET utf8mb4`);
    this.sqlServer(`CREATE USER IF NOT EXISTS 'gatehouse'@'localhost' IDENTIFIED BY 'test-only-password'`);
    this.sqlServer(`GRANT ALL ON ${this.schema}.* TO 'gatehouse'@'localhost'`);
  }

  writeConfig() {
    writeFileSync(this.file('db-password'), 'test-only-password\n', { mode: 0o600 });
    own(this.file('db-password'));
    if (!existsSync(this.file('sealing-key'))) this.ctlBare('secret', 'create', this.file('sealing-key'));
    const sections = {
      server: { listen: `unix:${this.file('gh.sock')}`, workers: 4 },
      log: { format: 'json', level: 'debug' },
      database: { socket: this.socket, name: this.schema, user: 'gatehouse', password_file: this.file('db-password') },
      http: { public_url: 'https://id.example.test', require_https: 'no' },
      keys: { sealing_key_file: this.file('sealing-key') },
      passwords: { memory_kib: 8192, passes: 1 },
      /* All tests come from one address. */
      throttle: { network_limit: 100000, register_limit: 100000 },
    };
    for (const layer of [this.gateway?.config, this.sink?.config, this.overrides]) {
      for (const [section, keys] of Object.entries(layer ?? {})) sections[section] = { ...sections[section], ...keys };
    }
    this.config = this.file('gatehouse.conf');
    writeFileSync(this.config, ini(sections));
    own(this.config);
    chmodSync(this.config, 0o640);
  }

  /** Changes the configuration; the caller decides who is told. */
  reconfigure(config) {
    this.overrides = config;
    this.writeConfig();
  }

  ctlBare(...args) {
    return this.ctlRun({}, args);
  }

  /** gatehousectl with this house's configuration; its standard output. */
  ctl(...args) {
    return this.ctlWith('', ...args);
  }

  /** The same with something on standard input. */
  ctlWith(input, ...args) {
    return this.ctlRun({ input }, ['--config', this.config, ...args]);
  }

  ctlRun(options, args) {
    return run(join(buildRoot, 'gatehousectl'), args, { ...options, env: { GATEHOUSE_SQL: process.env.GATEHOUSE_SQL ?? join(sourceRoot, 'sql') } });
  }

  /** gatehousectl --json: one object per line. */
  ctlRows(...args) {
    return this.ctl('--json', ...args).split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  /** Exit code and output of a command that does not succeed. */
  ctlFails(...args) {
    try {
      this.ctl(...args);
    } catch (error) {
      return { code: error.status, stdout: error.stdout, stderr: error.stderr };
    }
    throw new Error(`gatehousectl ${args.join(' ')} succeeded`);
  }

  /** Ends the pool's processes and starts others. */
  async restartPool() {
    await stop(this.children.pool);
    await this.startPool();
  }

  /** Ends a web server, with the workers it keeps, and starts it again. */
  async restartWeb(web) {
    await stop(this.children[web]);
    await this.startWeb(web);
  }

  async startPool() {
    this.children.pool = start(join(buildRoot, 'gatehouse'), ['--config', this.config], { log: this.log });
    await until(() => listens(this.file('gh.sock')), 'the pool', { logFile: this.logFile });
  }

  async startWeb(web) {
    const conf = this.file(`${web}.conf`);
    writeFileSync(conf, this[`${web}Config`](this.ports[web]));
    own(conf);
    const [program, args] = this.webCommand(web, conf);
    this.children[web] = start(program, args, { log: this.log });
    await until(async () => (await request(this.ports[web], 'GET', '/healthz')).status === 200, web, { logFile: this.logFile });
  }

  webCommand(web, conf) {
    if (web === 'lighttpd') return ['/usr/sbin/lighttpd', ['-D', '-f', conf]];
    if (web === 'nginx') return ['/usr/sbin/nginx', ['-c', conf, '-p', this.dir, '-g', 'daemon off;']];
    return ['/usr/sbin/apache2', ['-D', 'FOREGROUND', '-f', conf]];
  }

  places() {
    return {
      '/run/gatehouse/gatehouse.sock': this.file('gh.sock'),
      '/usr/sbin/gatehouse': join(buildRoot, 'gatehouse'),
      '/etc/gatehouse/gatehouse.conf': this.config,
    };
  }

  lighttpdConfig(port, name = 'lighttpd-pool.conf') {
    return [
      'server.modules = ()', `server.document-root = "${this.dir}"`, 'server.bind = "127.0.0.1"', `server.port = ${port}`,
      'server.max-request-size = 4096', 'server.max-request-field-size = 65535',
      snippet(name, { ...this.places(), '/run/gatehouse/lighttpd': this.file('spawn') }),
    ].join('\n');
  }

  apacheConfig(port, name = 'apache-fcgid.conf') {
    const modules = { mpm_event: 'mpm_event', authz_core: 'authz_core', headers: 'headers', env: 'env', alias: 'alias', setenvif: 'setenvif', rewrite: 'rewrite', proxy: 'proxy', proxy_fcgi: 'proxy_fcgi', fcgid: 'fcgid' };
    return [
      'ServerRoot /usr/lib/apache2', `DefaultRuntimeDir ${this.dir}`, `PidFile ${this.file('apache.pid')}`, `Listen 127.0.0.1:${port}`,
      'ServerName localhost', ...Object.keys(modules).map((m) => `LoadModule ${m}_module modules/mod_${m}.so`),
      `ErrorLog ${this.logFile}`, 'LogLevel warn', `DocumentRoot ${this.dir}`, 'StartServers 1', 'ThreadsPerChild 16', 'MaxRequestWorkers 16', 'ServerLimit 1',
      'LimitRequestLine 65000', 'LimitRequestFieldSize 65000', `Mutex file:${this.dir}`,
      `FcgidIPCDir ${this.file('fcgid')}`, `FcgidProcessTableFile ${this.file('fcgid_shm')}`,
      '<Directory />', 'Require all granted', '</Directory>', snippet(name, this.places()),
    ].join('\n');
  }

  nginxConfig(port) {
    return [
      `pid ${this.file('nginx.pid')};`, `error_log ${this.logFile};`, 'events { worker_connections 64; }', 'http {', 'access_log off;',
      ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((n) => `${n}_temp_path ${this.file(`nginx-${n}`)};`),
      `server { listen 127.0.0.1:${port}; root ${this.dir};`, snippet('nginx.conf', this.places()), '} }',
    ].join('\n');
  }

  /** Runs SQL in this house's schema as the server's administrator; rows of
   *  tab-parted cells. */
  sql(text) {
    return this.sqlServer(text, this.schema);
  }

  sqlServer(text, schema) {
    if (this.client?.socket !== this.socket) {
      this.client?.close();
      this.client = new SqlClient(this.socket);
    }
    return this.client.ask(text, schema);
  }

  /** All that was logged, one object per JSON line; each line is read once. */
  events(name) {
    const { size } = fstatSync(this.log);
    const more = Buffer.alloc(Math.max(0, size - this.logRead));
    const file = openSync(this.logFile, 'r');
    const n = readSync(file, more, 0, more.length, this.logRead);
    closeSync(file);
    /* What has no end yet is for the next time. */
    const whole = more.subarray(0, n).lastIndexOf(10) + 1;
    this.logRead += whole;
    for (const line of more.toString('utf8', 0, whole).split('\n')) {
      if (line.startsWith('{')) this.told.push(parsed(line));
    }
    return this.told.filter((e) => !name || e.event === name);
  }

  async stop() {
    for (const web of this.wanted) await stop(this.children[web]);
    await stop(this.children.pool);
    if (this.private) this.databaseStop();
    else this.sqlServer(`DROP DATABASE ${this.schema}`);
    this.client?.close();
    await this.sink?.stop();
    await this.gateway?.stop();
    remove(this.dir);
  }

  /** Takes this house's own database away. */
  databaseStop() {
    execFileSync(database, ['stop', this.file('db')]);
  }

  /** Brings it back with the same data. */
  databaseReturn() {
    databaseStart(this.file('db'));
  }
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

/** One web server of a house, as a client sees it. */
export class Web {
  constructor(stack, name) {
    this.stack = stack;
    this.name = name;
  }

  get port() {
    return this.stack.ports[this.name];
  }

  /** The same house through its other web server. */
  get other() {
    return new Web(this.stack, this.stack.wanted.find((name) => name !== this.name));
  }

  request(method, path, options) {
    return request(this.port, method, path, options);
  }

  raw(bytes, options) {
    return raw(this.port, bytes, options);
  }

  browser(options) {
    return new Browser(this.port, { origin: 'https://id.example.test', ...options });
  }

  /** Registers (once) and signs in with a fresh browser; { browser, login, email, password }. */
  async signIn({ email = `${Math.random().toString(36).slice(2)}@example.org`, password = 'a long enough phrase', register = true, ...options } = {}) {
    const browser = this.browser(options);
    if (register) await browser.post('/api/auth/register', { email, password, name: 'Ann' });
    const login = await browser.post('/api/auth/login', { email, password });
    return { browser, login, email, password, ...pick(login.json) };
  }
}

/** What tests use most of a sign-in. */
function pick({ accessToken, refreshToken, sessionId, user } = {}) {
  return { accessToken, refreshToken, sessionId, subject: user?.id };
}

/** For houses whose every run is to take both ways. */
export const bothWebs = ['lighttpd', 'apache'];
let houses = 0;

/** The web servers a house's cases go through: those asked for, else both. In
 *  the short form (GATEHOUSE_WEBS=one) both run, and half of the houses, by
 *  file and place in it, take the one way, half the other. */
export function ways(webs) {
  if (webs || process.env.GATEHOUSE_WEBS !== 'one') return webs ?? bothWebs;
  const place = [...basename(process.argv[1])].reduce((sum, c) => sum + c.charCodeAt(0), houses += 1);
  return [bothWebs[place % 2]];
}

/** Describes the same behaviour behind every web server of one house. */
export function through({ webs, name = '', ...options } = {}, body) {
  const stack = new Stack({ webs: webs ?? bothWebs, ...options });
  describe(`house ${name}`.trim(), () => {
    before(() => stack.start());
    after(() => stack.stop());
    for (const web of ways(webs)) describe(web, () => body(new Web(stack, web), stack));
  });
}
