// SPDX-License-Identifier: MIT
// What is measured: a private MariaDB with full durability, the pool and the
// ceiling with as many workers, each behind its own lighttpd and Apache.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import { join } from 'node:path';
import { request } from '../../tests/http/lib/client.mjs';
import { freePort, remove, start, stop, until } from '../../tests/http/lib/process.mjs';
import { Stack, buildRoot, snippet, sourceRoot } from '../../tests/http/lib/stack.mjs';

const database = join(sourceRoot, 'tests/lib/mariadb');

const settings = {
  server: { workers: 4, max_requests: 0 },
  log: { format: 'logfmt', level: 'info' },
  passwords: { memory_kib: 19456, passes: 2, parallel_hashes: os.cpus().length },
  cdi: { enabled: 'yes', open: 'yes' },
  /* Of the first minute's, which the last row still presents. */
  tokens: { access_lifetime: 7200 },
  throttle: { register_limit: 100000, network_limit: 100000, account_limit: 100 },
};

/** Overrides laid over the settings everything is measured with. */
function merged(config) {
  const all = { ...settings };
  for (const [section, keys] of Object.entries(config)) all[section] = { ...all[section], ...keys };
  return all;
}

/** The house of a measurement; bufferMb is MariaDB's buffer pool in MiB. */
export class House extends Stack {
  constructor({ config = {}, bufferMb = 512, webs = ['lighttpd', 'apache'] } = {}) {
    super({ config: merged(config), webs });
    this.bufferMb = bufferMb;
    this.workers = this.overrides.server.workers;
    this.password = 'test-only-password';
  }

  async start() {
    this.corePort = await freePort();
    await super.start();
  }

  /** With a port for back ends, but for the ceiling's twin. */
  lighttpdConfig(port, name) {
    const text = super.lighttpdConfig(port, name);
    if (port !== this.ports.lighttpd) return text;
    return `${text}\n${snippet('lighttpd-core.conf', { ...this.places(), '127.0.0.1:3567': `127.0.0.1:${this.corePort}` })}`;
  }

  /** Durable as in production. */
  startDatabase() {
    this.schema = 'gatehouse';
    this.ownDatabase = this.file('db');
    const out = execFileSync(database, [
      'start', this.ownDatabase, '--innodb-flush-log-at-trx-commit=1', '--innodb-use-native-aio=ON', '--innodb-log-buffer-size=16M',
      `--innodb-buffer-pool-size=${this.bufferMb}M`, `--innodb-log-file-size=${Math.max(96, this.bufferMb / 4)}M`, '--max-connections=600',
    ], { encoding: 'utf8', env: { ...process.env, GATEHOUSE_TEST_OWNER: String(process.pid) } });
    const [socket, pidFile] = out.trim().split('\n');
    this.socket = socket;
    this.databasePid = Number(readFileSync(pidFile, 'utf8'));
    this.sqlServer(`CREATE DATABASE ${this.schema} CHARACTER SET utf8mb4;
      CREATE USER 'gatehouse'@'localhost' IDENTIFIED BY '${this.password}';
      GRANT ALL ON ${this.schema}.* TO 'gatehouse'@'localhost'`);
  }

  /** Statements MariaDB has executed so far, this one included. */
  questions() {
    return Number(this.sqlServer("SHOW GLOBAL STATUS LIKE 'Questions'")[0][1]);
  }

  setConfig(config) {
    this.reconfigure(merged(config));
  }

  /** Starts the pool anew; ms from exec to the first answer with the database
   *  and the keys at work (/readyz), asked for without a web server. */
  async restartPool() {
    await stop(this.children.pool);
    rmSync(this.file('gh.sock'), { force: true });
    const begun = process.hrtime.bigint();
    this.children.pool = start(join(buildRoot, 'gatehouse'), ['--config', this.config], { log: this.log });
    for (;;) {
      const answer = existsSync(this.file('gh.sock')) ? await ask(this.file('gh.sock'), '/readyz') : '';
      if (/^Status: 200/m.test(answer)) break;
      if (this.children.pool.exitCode !== null || process.hrtime.bigint() - begun > 20_000_000_000n) throw new Error(`the pool does not start: ${answer}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return Number(process.hrtime.bigint() - begun) / 1e6;
  }

  /** The ceiling behind a second lighttpd (and Apache) of the same text. */
  async startCeiling() {
    const socket = this.file('ceiling.sock');
    this.children.ceiling = start(join(buildRoot, 'bench/ceiling'), [socket, String(this.workers)], { log: this.log });
    await until(() => existsSync(socket), 'the ceiling', { logFile: this.logFile });
    const places = this.places.bind(this);
    this.places = () => ({ ...places(), '/run/gatehouse/gatehouse.sock': socket });
    for (const web of this.wanted) {
      const name = `${web}-ceiling`;
      this[`${name}Config`] = (port) => this[`${web}Config`](port).replaceAll(this.file('apache.pid'), this.file('apache-ceiling.pid'));
      this.ports[name] = await freePort();
      await this.startWeb(name);
    }
    this.places = places;
  }

  apacheConfig(port) {
    return super.apacheConfig(port, 'apache-proxy.conf')
      .replace(/^StartServers.*$/m, 'StartServers 2').replace(/^ThreadsPerChild.*$/m, 'ThreadsPerChild 25\nMaxKeepAliveRequests 0')
      .replace(/^MaxRequestWorkers.*$/m, 'MaxRequestWorkers 50').replace(/^ServerLimit.*$/m, 'ServerLimit 2');
  }

  webCommand(web, conf) {
    return super.webCommand(web.replace('-ceiling', ''), conf);
  }

  request(method, path, options) {
    return request(this.ports.lighttpd, method, path, options);
  }

  async stop() {
    for (const child of Object.values(this.children).reverse()) await stop(child, 'SIGTERM', 20000);
    if (this.ownDatabase) execFileSync(database, ['stop', this.ownDatabase]);
    remove(this.dir);
  }
}

function record(type, content) {
  const head = Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0]);
  return Buffer.concat([head, content]);
}

/** One GET over FastCGI; the CGI text that came back, '' when none did. */
function ask(socketPath, path) {
  const pairs = {
    GATEWAY_INTERFACE: 'CGI/1.1', SERVER_PROTOCOL: 'HTTP/1.1', REQUEST_METHOD: 'GET', REQUEST_URI: path,
    SCRIPT_NAME: path, PATH_INFO: '', QUERY_STRING: '', REMOTE_ADDR: '127.0.0.1', REMOTE_PORT: '1', SERVER_ADDR: '127.0.0.1',
    SERVER_PORT: '80', SERVER_NAME: 'localhost', HTTP_HOST: 'localhost',
  };
  const params = Buffer.concat(Object.entries(pairs).map(([k, v]) => Buffer.concat([Buffer.from([k.length, v.length]), Buffer.from(k + v)])));
  return new Promise((resolve) => {
    const socket = net.connect(socketPath);
    const chunks = [];
    socket.setTimeout(2000, () => socket.destroy());
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => resolve(''));
    socket.on('close', () => resolve(Buffer.concat(chunks).subarray(8).toString('latin1')));
    socket.write(Buffer.concat([record(1, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])), record(4, params), record(4, Buffer.alloc(0)), record(5, Buffer.alloc(0))]));
  });
}
