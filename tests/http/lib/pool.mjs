// SPDX-License-Identifier: MIT
// The pool without a web server, and its processes as the kernel shows them.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { exchange, whole } from './fcgi_client.mjs';
import { start, until } from './process.mjs';
import { Stack, buildRoot } from './stack.mjs';

/** Direct children of a process, oldest first. */
export function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Is there such a process, and is it no zombie? */
export function alive(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** All processes whose command line has this in it. */
export function processesWith(text) {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false;
    }
  }).map(Number);
}

/** A house without web server. */
export class Pool extends Stack {
  constructor({ config = {}, ownDatabase = false } = {}) {
    super({ config, webs: [], ownDatabase });
  }

  get where() {
    return { path: this.file('gh.sock') };
  }

  get master() {
    return this.children.pool;
  }

  get workers() {
    return childrenOf(this.master.pid);
  }

  /** A whole request straight to the pool. */
  ask(method = 'GET', uri = '/healthz', options) {
    return exchange(this.where, whole(method, uri, options), options?.limitMs);
  }

  /** As many children as there must be: the workers and the janitor. */
  complete(count = 5) {
    return until(() => this.workers.length === count && this.workers.every(alive), `${count} children`, { logFile: this.logFile });
  }

  /** Another pool of the same house, on a socket of its own. */
  second(args = ['--config', this.config], options = {}) {
    return start(join(buildRoot, 'gatehouse'), args, { log: this.log, ...options });
  }

  /** A log line that has not been there before `from` lines. */
  logged(event, from = 0) {
    return until(() => this.events(event).length > from, event, { logFile: this.logFile });
  }
}

/** Describes one pool; body(pool) makes the cases. */
export function withPool(name, options, body) {
  const pool = new Pool(options);
  describe(name, () => {
    before(async () => {
      await pool.start();
      await pool.complete(Number(options.config?.server?.workers ?? 4) + 1);
    });
    after(() => pool.stop());
    body(pool);
  });
}

