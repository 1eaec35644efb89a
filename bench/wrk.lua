-- Asks about tokens of a file, one a line, at random; what came of it is the last line that is printed.
-- wrk URL -s wrk.lua -- FILE AUTHORIZATION

local requests = {}

function init(args)
  local headers = {
    ["Authorization"] = args[2],
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["Host"] = wrk.host .. ":" .. wrk.port,
  }
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("POST", wrk.path, headers, "token=" .. token)
  end
  math.randomseed(os.time())
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local rate = summary.requests / (summary.duration / 1e6)
  local line = '{"rate": %.1f, "p50": %.3f, "p99": %.3f, "failed": %d}\n'
  io.write(line:format(rate, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, failed))
end
