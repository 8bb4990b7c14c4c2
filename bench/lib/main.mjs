// SPDX-License-Identifier: MIT
// Sets up the house, measures what was asked for, prints one table, cleans up.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildRoot } from '../../tests/http/lib/stack.mjs';
import { measureCore } from './core.mjs';
import { House } from './house.mjs';
import { measurePeers } from './peers.mjs';
import { report } from './report.mjs';
import {
  compareWeb, makeTokens, measureGrowth, measureRefresh, measureSignIn, measureStart, measureStorm, measureWeb, memory, memoryRows, ours, webRows, Chains,
} from './rows.mjs';
import { register, signIn } from './traffic.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean' }, peers: { type: 'boolean' }, only: { type: 'string' }, rounds: { type: 'string' }, seconds: { type: 'string' },
    workers: { type: 'string' }, sizes: { type: 'string' }, json: { type: 'string' }, keep: { type: 'boolean' },
  },
});
const quick = Boolean(options.quick);
const plan = {
  rounds: Number(options.rounds ?? (quick ? 2 : 5)), seconds: Number(options.seconds ?? (quick ? 1 : 3)), shared: quick,
  workers: Number(options.workers ?? 4), sizes: (options.sizes ?? (quick ? '' : '1e3,1e5,5e6')).split(',').filter(Boolean).map(Number),
};
const parts = new Set((options.only ?? 'start,web,refresh,sign-in,storm,core,apache,memory,growth').split(','));
const begun = Date.now();

function say(text) {
  process.stderr.write(`[${((Date.now() - begun) / 1000).toFixed(0)} s] ${text}\n`);
}

/** A token that has run out: made by a pool whose tokens live a second. */
async function expiredToken(house, emails) {
  house.setConfig({ server: { workers: plan.workers }, tokens: { access_lifetime: 1 } });
  await house.restartPool();
  const [{ access }] = await signIn(house, emails.slice(0, 1), 1);
  house.setConfig({ server: { workers: plan.workers } });
  return access;
}

/** Serves until a million requests have been served in all, or two minutes. */
async function million(house, row) {
  const end = Date.now() + 120_000;
  while (house.served < 1e6 && Date.now() < end) await ours(house, row, 10);
}

/** Adds to rows as it goes, so that a failure leaves what came before it. */
async function measure(house, rows) {
  const add = (more) => rows.push(...[more].flat());
  say('registering and signing in');
  const emails = await register(house, 'list', quick ? 4 : 8);
  const refreshEmails = await register(house, 'refresh', quick ? 8 : 12);
  const stormEmails = await register(house, 'storm', 16);
  const expired = await expiredToken(house, emails);
  add(await measureStart(house, quick ? 3 : 7));
  const tokens = { expired, ...await makeTokens(house, emails, refreshEmails) };
  const chains = new Chains(house, tokens.refresh);
  const web = webRows(tokens);
  const check = web.find((r) => r.name === 'check');
  const samples = [];
  house.served = 0;

  let lighttpd = [];
  if (parts.has('web')) {
    say('web rows behind lighttpd');
    lighttpd = await measureWeb(house, web, plan);
    add(lighttpd);
  }
  if (parts.has('refresh')) {
    say('refresh');
    add(await measureRefresh(house, chains, plan));
  }
  if (parts.has('sign-in')) {
    say('sign-in');
    add(await measureSignIn(house, stormEmails, plan));
  }
  if (parts.has('storm')) {
    say('checks in a sign-in storm');
    add(await measureStorm(house, check, stormEmails, plan));
  }
  if (parts.has('core')) {
    say('the core interface');
    add(await measureCore(house, plan));
  }
  /* From here on every kind of request has been served. */
  samples.push(memory(house));
  if (parts.has('apache') && lighttpd.length > 0) {
    say('Apache');
    const through = web.filter((r) => r.name === 'check' || (!quick && r.name !== 'expired'));
    add(compareWeb(await measureWeb(house, through, { ...plan, web: 'apache' }), lighttpd));
  }
  if (parts.has('memory')) {
    say(quick ? 'memory' : 'memory: serving until a million');
    if (quick) await ours(house, check, 2);
    else await million(house, check);
    samples.push(memory(house));
    add(memoryRows(samples));
  }
  if (parts.has('growth') && plan.sizes.length > 0) add(await measureGrowth(house, tokens, chains, { ...plan, rounds: Math.min(plan.rounds, 3), say }));
  if (options.peers) add(await measurePeers(house, plan, say));
}

if (!existsSync(join(buildRoot, 'bench/ceiling'))) {
  console.error(`bench/run: ${buildRoot} holds no build; set GATEHOUSE_BUILD to where make ran`);
  process.exit(2);
}
const large = plan.sizes.some((n) => n > 1e6);
const house = new House({
  webs: parts.has('apache') ? ['lighttpd', 'apache'] : ['lighttpd'], config: { server: { workers: plan.workers } }, bufferMb: large ? Math.min(6144, Math.floor(os.totalmem() / 2 ** 20 / 3)) : 256,
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => house.stop().finally(() => process.exit(130)));
const rows = [];
let status = 0;
try {
  say('starting the servers');
  await house.start();
  await house.startCeiling();
  await measure(house, rows);
} catch (error) {
  console.error(error.stack);
  if (existsSync(house.logFile ?? '')) console.error(readFileSync(house.logFile, 'utf8').slice(-2000));
  status = 1;
} finally {
  const setting = `${plan.workers} workers, wrk -t1 -c32 over loopback, ${plan.rounds} rounds of ${plan.seconds} s, medians; flush at commit 1`;
  console.log(report(rows, setting, (Date.now() - begun) / 1000));
  if (status !== 0) console.log('NOT WHOLE: it ended with an error, rows are missing');
  if (options.json) writeFileSync(options.json, JSON.stringify(rows, null, 2));
  if (options.keep) say(`kept running: ${house.dir}`);
  else await house.stop();
}
if (!options.keep) process.exit(status);
