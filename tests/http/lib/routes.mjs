// SPDX-License-Identifier: MIT
// The route table itself, as the build prints it, for tests that make a case of
// every row, and what a good request of each row looks like.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bearer } from './checks.mjs';
import { buildRoot } from './stack.mjs';

const program = join(buildRoot, 'tests/guard/print_routes');
if (!existsSync(program)) execFileSync('make', ['-s', '-C', buildRoot, 'tests/guard/print_routes'], { stdio: 'pipe' });

/** Every row: method, path, need, csrf, body, fields, name. */
export const routes = JSON.parse(execFileSync(program, ['--json'], { encoding: 'utf8' }));

/** "POST /api/auth/login", for the names of tests. */
export const title = (route) => `${route.method} ${route.path}`;

/** Rows that change something or are told to be guarded as if. */
export const unsafe = routes.filter((route) => !['GET', 'HEAD', 'OPTIONS'].includes(route.method) || route.csrf !== 'none');

/** Methods a path takes, by every pattern that fits, with HEAD and OPTIONS. */
export function allowedAt(path) {
  const fits = (pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('{id}', '[^/]+')}$`).test(path);
  const methods = routes.filter((r) => fits(r.path)).map((r) => r.method);
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
    .filter((m) => methods.includes(m) || m === 'OPTIONS' || (m === 'HEAD' && methods.includes('GET')));
}

/** The different paths of the table. */
export const paths = [...new Set(routes.map((route) => route.path))];

let count = 0;
const values = {
  email: () => `route-${process.pid}-${count += 1}@example.org`, password: () => 'a long enough phrase', name: () => 'Ann', label: () => 'Desk',
  token: () => 'no-token', token_type_hint: () => 'access_token',
};

/** A body this row takes: an object, or undefined where there is none. */
export function bodyOf(route) {
  if (route.body === 'none') return undefined;
  if (route.body === 'any JSON object') return { kept: count += 1 };
  return Object.fromEntries(route.fields.map(({ name }) => [name, values[name]()]));
}

/** The path with a session's id in it. */
export const pathOf = (route, id) => (typeof route === 'string' ? route : route.path).replace('{id}', id);

/** Header fields with the credential this row needs, none of them a cookie. */
export function credentialOf(route, { accessToken, refreshToken, key }) {
  if (route.need === 'API key') return bearer(key);
  if (route.need === 'refresh') return bearer(refreshToken);
  return route.need === 'none' ? {} : bearer(accessToken);
}
