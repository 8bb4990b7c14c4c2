-- SPDX-License-Identifier: MIT
-- Sends the requests of a file (parted by NUL) in turn and reports as JSON.
-- Arguments: FILE.
local requests, i = {}, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for text in file:read("*a"):gmatch("[^%z]+") do
    requests[#requests + 1] = text
  end
  file:close()
end

function request()
  i = i % #requests + 1
  return requests[i]
end

function done(summary, latency)
  local e = summary.errors
  print(string.format(
    '{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"status":%d,"socket":%d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, e.status,
    e.connect + e.read + e.write + e.timeout))
end
