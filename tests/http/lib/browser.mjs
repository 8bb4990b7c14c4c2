// SPDX-License-Identifier: MIT
// A real, headless Chromium before the house under test. It sees the house as
// https://id.example.test, by a proxy that ends TLS, so that cookies are used as
// they are shipped: Secure, SameSite and all.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import { folder, remove } from './process.mjs';

const program = process.env.CHROMIUM ?? '/usr/bin/chromium';
const host = 'id.example.test';
/** Where the browser finds the house. */
export const site = `https://${host}`;

function listen(server) {
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => done(server.address().port));
  });
}

function certificate() {
  const dir = folder('gh-browser-');
  const [key, cert] = ['key.pem', 'certificate.pem'].map((name) => join(dir, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${host}`,
    '-addext', `subjectAltName=DNS:${host}`, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const pair = { key: readFileSync(key), cert: readFileSync(cert) };
  remove(dir);
  return pair;
}

/** What stands before one web server: a page of an application under /app/ (or
 *  another `place`), and the web server behind everything else; what matches `held` goes no further and
 *  is kept as `caught`. `seen` are the requests that came. Pages alone stand on
 *  other hosts, `websites`. */
class Front {
  constructor(pair, web) {
    this.web = web;
    this.tls = https.createServer(pair, (req, res) => this.pass(req, res));
    this.proxy = http.createServer((req, res) => res.writeHead(403).end());
    this.sockets = new Set();
    this.seen = [];
    this.place = '/app/';
    this.websites = new Set();
    this.proxy.on('connect', (req, socket) => this.connect(req, socket));
  }

  async start() {
    this.tlsPort = await listen(this.tls);
    this.port = await listen(this.proxy);
    return this;
  }

  /** Nobody else is reached through here. */
  connect(req, socket) {
    this.sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.sockets.delete(socket));
    if (req.url !== `${host}:443` && !this.websites.has(req.url.replace(/:443$/, ''))) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const inner = net.connect(this.tlsPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      inner.pipe(socket);
      socket.pipe(inner);
    });
    inner.on('error', () => socket.destroy());
  }

  pass(req, res) {
    const website = this.websites.has(req.headers.host);
    if (!website) this.seen.push({ url: req.url, headers: req.headers });
    if (this.held?.test(req.url)) {
      this.caught = new URL(req.url, site).href;
      res.writeHead(204).end();
      return;
    }
    if (website || req.url.startsWith(this.place)) {
      res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }).end('<!DOCTYPE html><title>The application</title><h1>The application</h1>');
      return;
    }
    const onward = http.request({ host: '127.0.0.1', port: this.web.port, method: req.method, path: req.url, headers: req.headers, agent: false }, (answer) => {
      res.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  }

  async stop() {
    for (const socket of this.sockets) socket.destroy();
    this.tls.closeAllConnections();
    await Promise.all([this.tls, this.proxy].map((server) => new Promise((done) => {
      server.close(done);
    })));
  }
}

/** A person at their browser: a page, and what they do with it. */
export class Person {
  constructor(context, page, front) {
    Object.assign(this, { context, page, front });
  }

  /** Opens an address of the house or of anybody. */
  go(path) {
    return this.page.goto(new URL(path, site).href);
  }

  /** Calls the service as a script of the application does; status and JSON. */
  call(method, path, json) {
    return this.page.evaluate(async ([verb, url, body]) => {
      const res = await fetch(url, {
        method: verb, credentials: 'same-origin', headers: body === undefined ? {} : { 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await res.text();
      return { status: res.status, text, json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined };
    }, [method, path, json]);
  }

  /** A cookie of the house; undefined when there is none. */
  async cookie(name) {
    return (await this.context.cookies()).find((c) => c.name === name);
  }

  async leave() {
    await this.context.close();
  }
}

/** One Chromium, for all tests of a file. */
class Chromium {
  async start() {
    if (!existsSync(program)) throw new Error(`there is no ${program}; script/bootstrap installs Debian's chromium`);
    const { chromium } = await import('playwright-core');
    this.pair = certificate();
    this.browser = await chromium.launch({ executablePath: program, chromiumSandbox: process.getuid() !== 0, args: ['--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking', '--disable-component-update'] });
    this.fronts = new Map();
    return this;
  }

  async front(web) {
    const key = `${web.name} ${web.port}`;
    if (!this.fronts.has(key)) this.fronts.set(key, await new Front(this.pair, web).start());
    return this.fronts.get(key);
  }

  /** A fresh person, without cookies, before a web server. */
  async person(web, options = {}) {
    const front = await this.front(web);
    const context = await this.browser.newContext({ ignoreHTTPSErrors: true, proxy: { server: `http://127.0.0.1:${front.port}`, bypass: '127.0.0.1' }, ...options });
    context.setDefaultTimeout(60000);
    return new Person(context, await context.newPage(), front);
  }

  async stop() {
    await this.browser?.close();
    for (const front of this.fronts?.values() ?? []) await front.stop();
  }
}

/** Starts Chromium; fails when there is none. */
export function startChromium() {
  return new Chromium().start();
}
