// SPDX-License-Identifier: MIT
// The administrator's view of a database server, for tests that look and wait:
// one client that stays, since starting one costs more than what it is asked.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from './process.mjs';

/** The server went away, or tired of the client, before it was asked. */
const lost = /\bERROR (1927|2002|2006|2013)\b/;
let marks = 0;

export class SqlClient {
  /** Opens when it is first asked. */
  constructor(socket) {
    this.socket = socket;
  }

  /** Named pipes: what node makes of a child's own is not for synchronous use. */
  open() {
    this.dir = folder('gh-sql-');
    const [input, output, errors] = ['in', 'out', 'err'].map((name) => join(this.dir, name));
    execFileSync('mkfifo', [input, output]);
    /* Opened for both, neither waits for the other end. */
    const both = [input, output].map((path) => openSync(path, constants.O_RDWR));
    const log = openSync(errors, 'w');
    const options = ['--no-defaults', '-uroot', `--socket=${this.socket}`, '-N', '-B', '--unbuffered', '--skip-reconnect'];
    /* The client has one end only, and so sees ours go. */
    const ends = [openSync(input, constants.O_RDONLY), openSync(output, constants.O_WRONLY)];
    this.child = spawn('mariadb', options, { stdio: [...ends, log] });
    this.child.on('error', () => {});
    this.child.unref();
    this.input = openSync(input, constants.O_WRONLY);
    this.output = openSync(output, constants.O_RDONLY);
    for (const handle of [...both, ...ends, log]) closeSync(handle);
  }

  close() {
    if (!this.child) return;
    for (const handle of [this.input, this.output]) closeSync(handle);
    rmSync(this.dir, { recursive: true, force: true });
    this.child = undefined;
  }

  /** Rows of tab-parted cells; an error of the server is thrown. */
  ask(text, schema) {
    const fresh = !this.child;
    try {
      return this.attempt(text, schema);
    } catch (error) {
      if (fresh || !lost.test(error.message)) throw error;
      return this.attempt(text, schema);
    }
  }

  attempt(text, schema) {
    if (!this.child) this.open();
    const mark = `end of answer ${marks += 1}`;
    const use = schema ? `USE ${schema};\n` : '';
    try {
      this.send(Buffer.from(`${use}${text};\nSELECT '${mark}';\n`));
    } catch (error) {
      if (error.code !== 'EPIPE') throw error;
      /* It has ended, and told why. */
    }
    const out = this.receive(`${mark}\n`);
    /* A row of one empty cell is an empty line. */
    return out.split('\n').slice(0, -1).map((line) => line.split('\t'));
  }

  send(bytes) {
    for (let at = 0; at < bytes.length;) at += writeSync(this.input, bytes, at);
  }

  /** All up to the mark. An end without it is that of the client: it stops at
   *  the first error. */
  receive(mark) {
    const chunks = [];
    const chunk = Buffer.alloc(65536);
    let tail = '';
    while (!tail.endsWith(mark)) {
      const n = readSync(this.output, chunk);
      if (n === 0) this.fail();
      chunks.push(Buffer.from(chunk.subarray(0, n)));
      tail = (tail + chunk.toString('latin1', Math.max(0, n - mark.length), n)).slice(-mark.length);
    }
    return Buffer.concat(chunks).toString('utf8').slice(0, -mark.length);
  }

  fail() {
    const told = readFileSync(join(this.dir, 'err'), 'utf8');
    this.close();
    throw new Error(`mariadb: ${told || 'ended'}`);
  }
}
