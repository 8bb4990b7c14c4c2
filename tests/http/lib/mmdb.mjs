// SPDX-License-Identifier: MIT
// Writes small MaxMind DB files (format 2.0): a tree over 128 bits with records
// of 32 bits, and behind it the data its leaves point to.
const types = { string: 2, double: 3, uint16: 5, uint32: 6, map: 7, uint64: 9, array: 11 };

/** Kind and length; kinds above 7 have a byte of their own. */
function head(type, size) {
  const low = Math.min(size, 29);
  const bytes = type > 7 ? [low, type - 7] : [(type << 5) | low];
  return Buffer.from(low === 29 ? [...bytes, size - 29] : bytes);
}

function integer(type, value) {
  const bytes = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.concat([head(type, bytes.length), Buffer.from(bytes)]);
}

function encode(value) {
  if (Buffer.isBuffer(value)) return value;
  if (typeof value === 'string') return Buffer.concat([head(types.string, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return Buffer.concat([head(types.double, 8), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([head(types.array, value.length), ...value.map(encode)]);
  const members = Object.entries(value);
  return Buffer.concat([head(types.map, members.length), ...members.flatMap(([k, v]) => [encode(k), encode(v)])]);
}

function expand(text) {
  const [left, right] = text.split('::').map((part) => part.split(':').filter(Boolean));
  if (right === undefined) return left;
  return [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
}

/** 128 bits and how many count; IPv4 stands under ::/96. */
function network(text) {
  const [address, length] = text.split('/');
  if (!address.includes(':')) {
    const bits = address.split('.').map((n) => Number(n).toString(2).padStart(8, '0')).join('');
    return `${'0'.repeat(96)}${bits}`.slice(0, 96 + Number(length));
  }
  return expand(address).map((n) => parseInt(n, 16).toString(2).padStart(16, '0')).join('').slice(0, Number(length));
}

function insert(nodes, bits, leaf) {
  let at = 0;
  for (const bit of bits.slice(0, -1)) {
    if (nodes[at][bit] === null) nodes[at][bit] = nodes.push([null, null]) - 1;
    at = nodes[at][bit];
  }
  nodes[at][bits.at(-1)] = { leaf };
}

/** The bytes of a file: { '192.0.2.0/24': record }. */
export function mmdb(networks) {
  const nodes = [[null, null]];
  const parts = [];
  let size = 0;
  for (const [text, record] of Object.entries(networks)) {
    const data = encode(record);
    insert(nodes, network(text), size);
    parts.push(data);
    size += data.length;
  }
  const tree = Buffer.alloc(nodes.length * 8);
  nodes.forEach((node, i) => node.forEach((to, side) => {
    const value = to === null ? nodes.length : typeof to === 'number' ? to : nodes.length + 16 + to.leaf;
    tree.writeUInt32BE(value, i * 8 + side * 4);
  }));
  const metadata = encode({
    node_count: integer(types.uint32, nodes.length), record_size: integer(types.uint16, 32), ip_version: integer(types.uint16, 6),
    database_type: 'Test-City', languages: ['en'], binary_format_major_version: integer(types.uint16, 2),
    binary_format_minor_version: integer(types.uint16, 0), build_epoch: integer(types.uint64, 1700000000), description: { en: 'For tests' },
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...parts, Buffer.from('abcdef', 'hex'), Buffer.from('MaxMind.com'), metadata]);
}

/** A record as city files have it. */
export function place(country, city, latitude, longitude) {
  return { country: { iso_code: country }, city: { names: { en: city, de: `${city} (de)` } }, location: { latitude, longitude } };
}

export const addresses = {
  berlin: '192.0.2.10', potsdam: '192.0.2.200', paris: '198.51.100.10', tokyo: '203.0.113.10', newYork: '2001:db8:1::10', losAngeles: '2001:db8:2::10',
  nowhere: '198.18.0.1', private: '10.1.2.3', damaged: '203.0.113.200',
};

/** Documentation networks all over the world, and a record no field of which
 *  is what it should be. */
export function world() {
  return mmdb({
    '192.0.2.0/25': place('DE', 'Berlin', 52.520008, 13.404954),
    '192.0.2.128/25': place('DE', 'Potsdam', 52.396149, 13.058540),
    '198.51.100.0/24': place('FR', 'Paris', 48.856613, 2.352222),
    '203.0.113.0/25': place('JP', 'Tokyo', 35.689487, 139.691711),
    '203.0.113.128/25': { country: { iso_code: 'x\u0007' }, city: 'none', location: { latitude: 'north', longitude: 1e9 } },
    '2001:db8:1::/48': place('US', 'New York', 40.712776, -74.005974),
    '2001:db8:2::/48': place('US', 'Los Angeles', 34.052235, -118.243683),
    '10.0.0.0/8': place('DE', 'Intranet', 1, 1),
  });
}
