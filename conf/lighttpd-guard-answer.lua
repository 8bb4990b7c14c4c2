-- SPDX-License-Identifier: MIT
-- lighttpd-guard.conf: new tokens, after a refresh, are for the browser. lighttpd
-- keeps of what its gate said the variables alone.
local r = lighty.r
local env, answer = r.req_env, r.resp_header
local cookie = env["SESSION_SET_COOKIE"]
local fields = {
    ["front-token"] = "SESSION_FRONT_TOKEN",
    ["st-access-token"] = "SESSION_ACCESS_TOKEN",
    ["anti-csrf"] = "SESSION_ANTI_CSRF"
}

for field, variable in pairs(fields) do
    if env[variable] then
        answer[field] = env[variable]
    end
end
if env["SESSION_FRONT_TOKEN"] then
    answer["Cache-Control"] = "no-store"
end
if cookie and answer["Set-Cookie"] then
    -- One more line: this is how lighttpd keeps fields that come twice.
    answer["Set-Cookie"] = answer["Set-Cookie"] .. "\r\nSet-Cookie: " .. cookie
elseif cookie then
    answer["Set-Cookie"] = cookie
end
