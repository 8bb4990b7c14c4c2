-- SPDX-License-Identifier: MIT
-- lighttpd-guard.conf: who asks, for a program that is asked over HTTP
-- (mod_proxy); CGI and FastCGI have SESSION_USER. It runs before the gate and
-- again behind it, and only what the gate said is left then.
local r = lighty.r
local forged = {}

-- However a client spells it: many programs take "_" for "-".
for name in pairs(r.req_header) do
    if string.gsub(string.lower(name), "_", "-") == "x-session-user" then
        forged[#forged + 1] = name
    end
end
for _, name in ipairs(forged) do
    r.req_header[name] = nil
end
if r.req_env["SESSION_USER"] then
    r.req_header["X-Session-User"] = r.req_env["SESSION_USER"]
end
