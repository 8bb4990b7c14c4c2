// SPDX-License-Identifier: MIT
// What /proc tells: processor time and memory of programs, and the machine.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import os from 'node:os';

const tick = 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Fields of /proc/PID/stat from the third on; undefined when it is gone. */
function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** The process and all that descend from it. */
export function family(pid) {
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    const fields = /^\d+$/.test(name) ? stat(name) : undefined;
    if (!fields) continue;
    const parent = Number(fields[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const all = [];
  for (const queue = [pid]; queue.length > 0;) {
    const one = queue.pop();
    all.push(one);
    queue.push(...(children.get(one) ?? []));
  }
  return all;
}

/** Processor time of a family in µs, its dead and reaped children included. */
export function cpuUs(pid) {
  let ticks = 0;
  for (const one of family(pid)) {
    const fields = stat(one);
    if (fields) for (const at of [11, 12, 13, 14]) ticks += Number(fields[at]);
  }
  return ticks * tick;
}

/** Processor time in µs of the children this process has waited for. */
export function reapedUs() {
  const fields = stat('self');
  return (Number(fields[13]) + Number(fields[14])) * tick;
}

/** Proportional memory of a process in KiB: in all, and of shared mappings. */
export function pss(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return { all: of('Pss'), shared: of('Pss_Shmem') };
}

function version(program, args) {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim().split('\n')[0];
  } catch (error) {
    return String(error.stdout ?? '').trim().split('\n')[0] || 'not installed';
  }
}

/** Lines that say what was measured on. */
export function machine() {
  const governor = (() => {
    try {
      return readFileSync('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor', 'utf8').trim();
    } catch {
      return 'unknown';
    }
  })();
  return [
    ['processor', `${os.cpus()[0].model.trim()}, ${os.cpus().length} cores, governor ${governor}`],
    ['memory', `${Math.round(os.totalmem() / 2 ** 30)} GiB`],
    ['kernel', `${os.type()} ${os.release()}`],
    ['load before', os.loadavg().map((l) => l.toFixed(2)).join(' ')],
    ['MariaDB', version('mariadbd', ['--version'])],
    ['lighttpd', version('lighttpd', ['-v'])],
    ['Apache', version('apache2', ['-v'])],
    ['wrk', version('wrk', ['-v'])],
    ['libraries', ['libssl3', 'libsodium23', 'libargon2-1', 'libfcgi0ldbl', 'libmariadb3']
      .map((p) => `${p} ${version('dpkg-query', ['-W', '-f=${Version}', p])}`).join(', ')],
  ];
}
