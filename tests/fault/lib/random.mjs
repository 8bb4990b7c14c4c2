// SPDX-License-Identifier: MIT
// Numbers that come again: GATEHOUSE_SEED repeats what a run decided.

/** The run's seed, from the environment or the clock. */
export const seed = Number(process.env.GATEHOUSE_SEED ?? Date.now() % 1000000);

/** A generator of its own for each part of a run (mulberry32). */
export class Random {
  constructor(...parts) {
    this.state = parts.reduce((sum, part) => Math.imul(sum ^ part, 0x9e3779b1) + 0x7f4a7c15, 0x1234567) >>> 0;
  }

  /** In [0, 1). */
  real() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number from `from` up to, not including, `to`. */
  between(from, to) {
    return from + Math.floor(this.real() * (to - from));
  }

  pick(list) {
    return list[this.between(0, list.length)];
  }

  /** A key of { key: weight }. */
  weighted(weights) {
    let left = this.real() * Object.values(weights).reduce((a, b) => a + b, 0);
    for (const [key, weight] of Object.entries(weights)) {
      left -= weight;
      if (left < 0) return key;
    }
    return Object.keys(weights)[0];
  }
}
