// SPDX-License-Identifier: MIT
// What a house's processes hold while they work, and whether it grows.
import { readFileSync, readdirSync } from 'node:fs';

/** KiB: PSS without shared memory (the password arenas), which is the same for
 *  all, and with it. */
function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return { own: of('Pss') - of('Pss_Shmem'), whole: of('Pss') };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** How much of what a process holds may have come between the first and the
 *  last third of its life, which is noise. */
const NOISE = { own: 256, fds: 2 };

/** Samples of processes by their part: master, janitor, worker, fcgid. */
export class Gauge {
  constructor(warmUpMs) {
    this.warmUpMs = warmUpMs;
    this.lives = new Map();
  }

  /** Who has just begun warms up first: it prepares statements, fills caches
   *  of a bounded size. */
  take(parts, now) {
    for (const [part, pids] of Object.entries(parts)) {
      for (const pid of pids) {
        try {
          const sample = { at: now, ...memoryOf(pid), fds: readdirSync(`/proc/${pid}/fd`).length };
          const life = this.lives.get(pid) ?? { part, pid, begun: now, samples: [] };
          this.lives.set(pid, life);
          life.samples.push(sample);
        } catch {
          /* it has ended meanwhile */
        }
      }
    }
  }

  /** The last samples of a part, as { count, own, whole, fds } (the most). */
  latest(part, pids) {
    const all = pids.map((pid) => this.lives.get(pid)).filter((life) => life?.part === part).map((life) => life.samples.at(-1));
    const most = (key) => Math.max(0, ...all.map((sample) => sample[key]));
    return { count: all.length, own: most('own'), whole: most('whole'), fds: most('fds') };
  }

  /** The change in each life that was long enough to tell: the median of its
   *  last third less that of its first, warming up left out. */
  trends(leastMs) {
    return [...this.lives.values()].flatMap((life) => {
      const warm = life.samples.filter((sample) => sample.at - life.begun >= this.warmUpMs);
      const third = Math.floor(warm.length / 3);
      if (third < 3 || warm.at(-1).at - warm[0].at < leastMs) return [];
      const grown = (key) => median(warm.slice(-third).map((s) => s[key])) - median(warm.slice(0, third).map((s) => s[key]));
      const change = { own: grown('own'), fds: grown('fds') };
      return [{ part: life.part, pid: life.pid, minutes: (warm.at(-1).at - warm[0].at) / 60000, ...change, grows: Object.keys(NOISE).some((key) => change[key] > NOISE[key]) }];
    });
  }
}
