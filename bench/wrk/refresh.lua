-- SPDX-License-Identifier: MIT
-- Refreshes sessions over and over, each time with the token got last.
-- Arguments: FILE of tokens, one a line; SECONDS the run takes. In its last
-- part every new token is written to FILE.next behind its session's id, so that
-- a next run can go on: a session's last line counts.
local queue, head, tail = {}, 1, 0
local out, write_from, sent

local function push(token)
  tail = tail + 1
  queue[tail] = token
end

function init(args)
  for token in io.lines(args[1]) do push(token) end
  out = assert(io.open(args[1] .. ".next", "w"))
  out:setvbuf("line")
  write_from = os.time() + math.floor(tonumber(args[2]) / 2)
end

function request()
  local token = queue[head]
  -- wrk's first call only looks whether the text is whole; it is not sent.
  if sent then
    queue[head] = nil
    head = head + 1
  end
  sent = true
  return "POST /api/auth/refresh HTTP/1.1\r\nHost: 127.0.0.1\r\n" ..
    "Authorization: Bearer " .. token .. "\r\n" ..
    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
end

function response(status, _, body)
  local token = body:match('"refreshToken":"([^"]+)"')
  if status ~= 200 or not token then return end
  push(token)
  if os.time() >= write_from then
    out:write(body:match('"sessionId":"([^"]+)"'), " ", token, "\n")
  end
end

function done(summary, latency)
  local e = summary.errors
  print(string.format(
    '{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"status":%d,"socket":%d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, e.status,
    e.connect + e.read + e.write + e.timeout))
end
