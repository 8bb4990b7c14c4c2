// SPDX-License-Identifier: MIT
// What goes wrong on a bad day, one fault after the other, drawn by the seed.
import { pause } from './house.mjs';
import { Random } from './random.mjs';

const kill = (pid) => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    /* gone already */
  }
};

export const faults = {
  killWorker(house, random) {
    kill(random.pick(house.poolWorkers()));
  },
  killFcgid(house, random) {
    kill(random.pick(house.fcgidWorkers()));
  },
  async databaseKill(house, random) {
    await house.databaseKill();
    await pause(random.between(0, 300));
    await house.databaseBack();
  },
  async databaseFreeze(house, random) {
    house.signalDatabase('SIGSTOP');
    await pause(random.between(200, 1500));
    house.signalDatabase('SIGCONT');
  },
  async refuse(house, random) {
    await house.proxy.refuse();
    await pause(random.between(100, 600));
  },
  breakAll(house) {
    return house.proxy.breakAll();
  },
  async slow(house, random) {
    await house.proxy.delay(random.between(20, 150));
    await pause(500);
  },
  async cutBefore(house, random) {
    await house.proxy.cut({ nth: random.between(1, 9), times: 4 });
    await pause(200);
  },
  async cutAfter(house, random) {
    await house.proxy.cut({ nth: random.between(1, 9), where: 'after', times: 4 });
    await pause(200);
  },
  async commitUnsent(house) {
    await house.proxy.cut({ match: '^COMMIT', times: 4 });
    await pause(200);
  },
  async commitUntold(house) {
    await house.proxy.cut({ match: '^COMMIT', where: 'after', times: 4 });
    await pause(200);
  },
  async writeUntold(house) {
    await house.proxy.cut({ match: '^(UPDATE|INSERT)', where: 'after', times: 4 });
    await pause(200);
  },
  async readOnly(house, random) {
    await house.query('SET GLOBAL read_only = 1');
    await pause(random.between(100, 500));
    await house.query('SET GLOBAL read_only = 0');
  },
  gracefulLighttpd(house) {
    house.children.lighttpd.kill('SIGUSR1');
  },
  gracefulApache(house) {
    house.children.apache.kill('SIGUSR1');
  },
  reload(house) {
    house.children.pool.kill('SIGHUP');
  },
};

/** What a day without a choice of its own suffers. */
const ordinary = Object.keys(faults).filter((name) => !name.startsWith('graceful'));

/** Injects faults until the time is over and enough was done, however slow the
 *  machine; all is well again at the end. */
export async function plague(history, { ms, names = ordinary, restMs = 250, operations = 300 }) {
  const random = new Random(history.seed, 7919);
  const end = performance.now() + ms;
  while (performance.now() < end || (history.operations() < operations && performance.now() < end + 30000)) {
    const name = random.pick(names);
    await pause(random.between(restMs / 2, restMs * 1.5));
    await faults[name](history.house, random);
    await history.house.proxy?.heal();
    history.fault(name);
  }
}
