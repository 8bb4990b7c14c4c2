// SPDX-License-Identifier: MIT
// Starts and stops servers for tests: free ports, private folders, an ordinary
// user even when root runs the tests, and no process left behind.
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = process.getuid() === 0;
const owner = root
  ? { uid: Number(execFileSync('id', ['-u', 'www-data'])), gid: Number(execFileSync('id', ['-g', 'www-data'])) }
  : { uid: process.getuid(), gid: process.getgid() };
const running = new Set();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

/** A private folder that belongs to the user the servers run as. */
export function folder(prefix = 'gh-') {
  const path = mkdtempSync(join(tmpdir(), prefix));
  own(path);
  return path;
}

/** Gives a file to the user the servers run as. */
export function own(path) {
  if (root) chownSync(path, owner.uid, owner.gid);
}

/** Removes a folder and all in it. */
export function remove(path) {
  rmSync(path, { recursive: true, force: true });
}

/** A loopback port nobody listens on now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Does somebody listen on this Unix socket? A file that was left behind does
 *  not. */
export function listens(path) {
  return new Promise((resolve) => {
    const socket = net.connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Runs a program to its end as the servers' user; its output as text. */
export function run(program, args, options = {}) {
  return execFileSync(program, args, {
    encoding: 'utf8', ...owner, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'], ...options,
    env: { ...process.env, HOME: '/', ...options.env },
  });
}

/** Starts a program in the foreground; output goes to `log` (a descriptor). */
export function start(program, args, { log, env = {}, stdio } = {}) {
  const child = spawn(program, args, {
    ...owner, cwd: '/', stdio: stdio ?? ['ignore', log, log],
    env: { ...process.env, HOME: '/', ...env },
  });
  running.add(child);
  child.exited = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
    child.once('error', (error) => {
      running.delete(child);
      resolve({ error });
    });
  });
  return child;
}

/** Ends a program: the signal, and SIGKILL when it stays. */
export async function stop(child, signal = 'SIGTERM', limitMs = 8000) {
  if (!child || !running.has(child)) return undefined;
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const result = await child.exited;
  clearTimeout(timer);
  return result;
}

/** Waits until probe() gives something true, asking less often the longer it
 *  takes; throws with `what` and the tail of the log file after limitMs. */
export async function until(probe, what, { limitMs = 20000, logFile } = {}) {
  const end = Date.now() + limitMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(80, pauseMs * 1.3)) {
    let value;
    try {
      value = await probe();
    } catch {
      value = undefined;
    }
    if (value) return value;
    if (Date.now() > end) {
      const tail = logFile ? readFileSync(logFile, 'utf8').slice(-4000) : '';
      throw new Error(`timed out waiting for ${what}\n${tail}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
