// SPDX-License-Identifier: MIT
// A second build with a bug planted in it: a copy of the build's objects, and of
// the sources with one patch, so that only what the patch touches is compiled.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { folder, own } from '../../http/lib/process.mjs';
import { buildRoot, sourceRoot } from '../../http/lib/stack.mjs';

const exec = promisify(execFile);
export const patches = join(sourceRoot, 'tests/fault/planted');

/** Names of the patches: I1, I2, ... */
export function planted() {
  return readdirSync(patches).filter((name) => name.endsWith('.patch')).map((name) => name.slice(0, -6)).sort();
}

/** Lets the dependencies the build has noted point to the copied sources. */
function follow(build, source) {
  for (const name of readdirSync(build, { recursive: true })) {
    if (!name.endsWith('.Po')) continue;
    const path = join(build, name);
    const { atime, mtime } = statSync(path);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(`${sourceRoot}/src/`, `${source}/src/`));
    utimesSync(path, atime, mtime);
  }
}

/** The folder of a build with this patch; the caller removes it. */
export async function plant(name) {
  const dir = folder('gh-bug-');
  const source = join(dir, 'source');
  const build = join(dir, 'build');
  mkdirSync(source);
  /* What the Makefile includes or depends on must be there, or make would make it anew, and all else with it. */
  for (const entry of ['tests', 'bench']) {
    cpSync(join(sourceRoot, entry), join(source, entry), {
      recursive: true, preserveTimestamps: true,
      filter: (path) => path.endsWith('.mk') || (statSync(path).isDirectory() && !path.endsWith('node_modules')),
    });
  }
  for (const entry of ['src', 'sql', 'configure', 'configure.ac', 'aclocal.m4', 'config.h.in', 'Makefile.am', 'Makefile.in', 'build-aux']) {
    cpSync(join(sourceRoot, entry), join(source, entry), { recursive: true, preserveTimestamps: true });
  }
  cpSync(buildRoot, build, {
    recursive: true, preserveTimestamps: true,
    filter: (path) => !/^\/(tests|bench)\//.test(path.slice(buildRoot.length)) || path.endsWith('.Po') || statSync(path).isDirectory(),
  });
  follow(build, source);
  const applied = ['-p1', '--silent', '--no-backup-if-mismatch', '-d', source, '-i', join(patches, `${name}.patch`)];
  await exec('patch', applied);
  const places = ['srcdir', 'top_srcdir', 'abs_srcdir', 'abs_top_srcdir', 'VPATH'].map((variable) => `${variable}=${source}`);
  /* What builds the build is as it was. */
  const still = ['ACLOCAL', 'AUTOMAKE', 'AUTOCONF', 'AUTOHEADER'].map((program) => `${program}=:`);
  await exec('make', ['-s', '-C', build, ...places, ...still, 'CFLAGS=-O1 -g', 'gatehouse'], { maxBuffer: 64e6 });
  own(dir);
  return { build, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
