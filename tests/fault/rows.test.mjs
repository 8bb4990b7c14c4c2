// SPDX-License-Identifier: MIT
// Every fault the guide for operators tells of has a test that bears its number,
// in this suite or another, or a file that begins with it.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sourceRoot } from '../http/lib/stack.mjs';

const tests = ['fault', 'http', 'torture'].flatMap((folder) => readdirSync(join(sourceRoot, 'tests', folder))
  .filter((name) => name.endsWith('.test.mjs') && name !== 'rows.test.mjs')
  .map((name) => readFileSync(join(sourceRoot, 'tests', folder, name), 'utf8'))).join('\n');
const guide = readFileSync(join(sourceRoot, 'doc/faults.md'), 'utf8');
const rows = [...guide.matchAll(/^\| F(\d+) /gm)].map(([, number]) => Number(number));

describe('rows', () => {
  it('are in the guide, each once and in order', () => {
    assert.ok(rows.length > 35);
    assert.deepEqual(rows, [...new Set(rows)].sort((a, b) => a - b));
  });
  for (const number of rows) {
    it(`F${number} has a test`, () => assert.match(tests, new RegExp(`(it|row|once)\\(['"\`]F${number} |^// F${number}[, ]`, 'm')));
  }
});
