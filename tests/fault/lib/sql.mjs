// SPDX-License-Identifier: MIT
// A connection to MariaDB that stays open between statements, to hold locks.
import { spawn } from 'node:child_process';

export class SqlSession {
  constructor(socket, schema) {
    this.child = spawn('mariadb', ['--no-defaults', '-uroot', `--socket=${socket}`, '-N', '-B', '--unbuffered', '--force', schema], { stdio: ['pipe', 'pipe', 'ignore'] });
    /* A test that fails does not end it: that must not keep the run waiting. */
    for (const handle of [this.child, this.child.stdin, this.child.stdout]) handle.unref();
    this.text = '';
    this.marks = 0;
    this.child.stdout.on('data', (bytes) => {
      this.text += bytes;
      this.wake?.();
    });
    this.gone = new Promise((resolve) => { this.child.once('close', resolve); });
  }

  /** Sends without waiting for the end; that is told by the promise. */
  run(text) {
    this.marks += 1;
    const mark = `-- mark ${this.marks} --`;
    this.child.stdin.write(`${text};\nSELECT '${mark}';\n`);
    return this.until(mark);
  }

  async until(mark) {
    while (!this.text.includes(mark)) await new Promise((resolve) => { this.wake = resolve; });
  }

  async end() {
    this.child.stdin.end();
    await this.gone;
  }
}
