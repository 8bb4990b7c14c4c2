// SPDX-License-Identifier: MIT
// better-auth on plain node:http with its MariaDB tables. Arguments: PORT
// SOCKET USER PASSWORD SCHEMA.
import http from 'node:http';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { createPool } from 'mysql2/promise';

const [port, socketPath, user, password, database] = process.argv.slice(2);
const options = {
  database: createPool({ socketPath, user, password, database, timezone: 'Z', connectionLimit: 16 }),
  baseURL: `http://127.0.0.1:${port}`,
  secret: 'for measuring only, thirty-two bytes',
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
};
await (await getMigrations(options)).runMigrations();
const handler = toNodeHandler(betterAuth(options));
http.createServer((req, res) => {
  if (req.url === '/healthz') res.end('{}');
  else handler(req, res);
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
