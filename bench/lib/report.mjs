// SPDX-License-Identifier: MIT
// The table: what was measured, its target beside it, met or missed.
import { machine } from './proc.mjs';

const columns = [
  ['work', (r) => r.work],
  ['figure', (r) => r.text],
  ['by CPU', (r) => (r.byCpu ? r.byCpu.toFixed(2) : '')],
  ['target', (r) => r.target ?? '–'],
  ['', (r) => (r.met === undefined ? '' : r.met ? 'met' : 'missed')],
  ['req/s', (r) => (r.rate ? r.rate.toFixed(0) : '')],
  ['p99 ms', (r) => (r.p99 ? r.p99.toFixed(1) : '')],
  ['worker', (r) => micro(r, 'worker')],
  ['web', (r) => micro(r, 'web')],
  ['mariadbd', (r) => micro(r, 'mariadbd')],
  ['SQL', (r) => (r.sql === undefined ? '' : r.sql.toFixed(1))],
  ['', (r) => [r.detail, r.failed ? `${r.failed} UNEXPECTED ANSWERS${broken(r)}` : ''].filter(Boolean).join('; ')],
];

function micro(row, program) {
  return row.cpu?.[program] === undefined ? '' : row.cpu[program].toFixed(0);
}

/** How many of them were connections the web server broke, the ceiling's beside. */
function broken(row) {
  return row.broken?.[1] ? `, ${row.broken[1]} of them broken connections (the ceiling's: ${row.broken[0]})` : '';
}

/** Rows as lines of one width. */
export function table(rows) {
  const cells = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => [...line[i]].length)));
  const line = (parts) => parts.map((cell, i) => cell + ' '.repeat(widths[i] - [...cell].length)).join('  ').trimEnd();
  return [line(cells[0]), line(widths.map((w) => '-'.repeat(w))), ...cells.slice(1).map(line)].join('\n');
}

/** The whole report as text. */
export function report(rows, setting, seconds) {
  const facts = [...machine(), ['setting', setting]];
  return [
    'Ratios are to a constant answer behind the same web server, in turn with it.',
    'by CPU: the same ratio of processor time (client included), steadier on a machine that others use.',
    'worker, web and mariadbd are CPU microseconds per request, SQL its statements.', '',
    table(rows), '', ...facts.map(([k, v]) => `${k}: ${v}`), `took ${Math.round(seconds)} s`,
  ].join('\n');
}
