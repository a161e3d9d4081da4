-- For wrk: sends the paths of a file in turn, each with the header by which the benchmark's server tells a real answer
-- (0) from a constant one of so many bytes. Arguments: the file, the number.
local prepared, at = {}, 0

function init(args)
  wrk.headers["Cungcau-Bench-Floor"] = args[2]
  for path in io.lines(args[1]) do
    prepared[#prepared + 1] = wrk.format("GET", path)
  end
end

function request()
  at = at % #prepared + 1
  return prepared[at]
end

function done(summary, latency, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, failed,
    latency:percentile(50), latency:percentile(99)))
end
