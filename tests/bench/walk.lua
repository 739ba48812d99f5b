-- For wrk: every request takes the next line of a list of paths, or of uploads, so that nothing is asked for twice.
--   WALK_LIST    file of lines; WALK_FROM counts those to leave out
--   WALK_PATH    path of every request, %s being the line
--   WALK_BODY    form of every request, which is a POST then
--   WALK_UPLOAD  file whose bytes are uploaded, as multipart/form-data; its ten X in a row become the line
--   WALK_KEY     API key
--   WALK_PAUSE   average ms between an answer and the next request
-- Prints one line of JSON.
-- Without a name the portal takes a visitor for a scanner, whose downloads do not count.
wrk.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

local path = os.getenv("WALK_PATH")
local form = os.getenv("WALK_BODY")
local upload = os.getenv("WALK_UPLOAD")
local pause = tonumber(os.getenv("WALK_PAUSE") or "0")
local lines, at = {}, 0

local boundary = "walk-through-many-documents"
local metadata = '{"external_id": "upload-%s", "title": "Tilbud på nyt tag", "number": "%s", ' ..
	'"customer": {"external_id": "upload-%s", "name": "Jensen Byg A/S"}, ' ..
	'"contacts": [{"external_id": "P-1", "name": "Mette Jensen", "email": "mette@example.dk"}]}'
local before, after

local function split_upload()
	local file = assert(io.open(upload, "rb"))
	local bytes = file:read("*a")
	local from, to = bytes:find("XXXXXXXXXX", 1, true)

	file:close()
	before, after = bytes:sub(1, from - 1), bytes:sub(to + 1)
end

local function upload_body(line)
	return table.concat({
		"--", boundary, '\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: application/json\r\n\r\n',
		metadata:format(line, line, line), "\r\n--", boundary,
		'\r\nContent-Disposition: form-data; name="file"; filename="tilbud.pdf"\r\nContent-Type: application/pdf\r\n\r\n',
		before, line, after, "\r\n--", boundary, "--\r\n"})
end

function init()
	local left_out = tonumber(os.getenv("WALK_FROM") or "0")
	local list = os.getenv("WALK_LIST")

	if list then
		for line in io.lines(list) do
			if left_out > 0 then left_out = left_out - 1 else lines[#lines + 1] = line end
		end
	else
		lines[1] = ""
	end
	if upload then split_upload() end
	math.randomseed(1)
end

function request()
	at = at + 1
	local line = lines[(at - 1) % #lines + 1]

	if upload then
		return wrk.format("POST", path, {["Content-Type"] = "multipart/form-data; boundary=" .. boundary,
			["Authorization"] = "Bearer " .. os.getenv("WALK_KEY")}, upload_body(line))
	elseif form then
		return wrk.format("POST", path:format(line), {["Content-Type"] = "application/x-www-form-urlencoded"}, form)
	end
	return wrk.format("GET", path:format(line))
end

if pause > 0 then
	function delay()
		return math.floor(math.random() * 2 * pause + 0.5)
	end
end

function done(summary, latency)
	local errors = summary.errors

	io.write(('{"requests": %d, "seconds": %.6f, "bytes": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n')
		:format(summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
			errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50), latency:percentile(99)))
end
