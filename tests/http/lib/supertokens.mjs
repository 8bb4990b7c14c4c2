// SPDX-License-Identifier: MIT
// Another service's database beside a house, and the command that takes it over.
import { supertokensDatabase } from './supertokens_db.mjs';

let count = 0;

/** Makes the database on the house's server: `world` is what is in it. */
export function sourceOf(stack, now = Date.now()) {
  const name = `st_${process.pid}_${count += 1}`;
  const world = supertokensDatabase(now);
  stack.sqlServer(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  stack.sqlServer(`CREATE USER IF NOT EXISTS 'reader'@'localhost' IDENTIFIED BY 'a p@ss:word'`);
  stack.sqlServer(`GRANT SELECT ON ${name}.* TO 'reader'@'localhost'`);
  for (const statement of world.statements) stack.sqlServer(statement, name);
  const dsn = `mysql://reader:${encodeURIComponent('a p@ss:word')}@localhost/${name}?socket=${encodeURIComponent(stack.socket)}`;
  return {
    name, world, dsn,
    sql: (text) => stack.sqlServer(text, name),
    drop: () => stack.sqlServer(`DROP DATABASE ${name}`),
    /** Runs the command; { code, tables, stderr }. */
    take: (...options) => take(stack, dsn, options),
  };
}

function take(stack, dsn, options) {
  const args = ['--json', 'import', 'supertokens', '--from', dsn, ...options];
  let out = { code: 0, stderr: '' };
  try {
    out.stdout = stack.ctl(...args);
  } catch (error) {
    out = { code: error.status, stdout: error.stdout, stderr: error.stderr };
  }
  const rows = out.stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  return { ...out, tables: Object.fromEntries(rows.map(({ table, ...counts }) => [table, counts])) };
}
