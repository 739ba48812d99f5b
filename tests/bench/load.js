// Load by wrk, and comparing two servers under it.
import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {fileURLToPath} from 'node:url';

const run = promisify(execFile);
const walk = fileURLToPath(new URL('walk.lua', import.meta.url));

export const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

// Lines of a file, handed out so that no run asks for what another has asked for.
export class List {
	constructor(file, length) {
		this.file = file;
		this.length = length;
		this.from = 0;
	}

	// The rest of the list from the line numbered FROM.
	startAt(from) {
		this.from = from;
	}

	used(count) {
		this.from += count;
		if (this.from > this.length)
			throw new Error(`${this.file} has ${this.length} lines, ${this.from} are used: the later requests were repeats`);
	}
}

// One run of wrk against URL: {requests, seconds, bytes, refused, p50, p99, rate}. REQUEST: {path, list, form,
// upload, key, pause}, as walk.lua tells. A run in which a request failed is no measurement; `refusals` allows 4xx.
export async function load(url, request, {seconds, connections = 16, refusals = false}) {
	const {path, list, form, upload, key, pause} = request;
	const settings = {WALK_PATH: path, WALK_LIST: list?.file, WALK_FROM: list?.from, WALK_BODY: form, WALK_UPLOAD: upload,
		WALK_KEY: key, WALK_PAUSE: pause};
	const environment = Object.fromEntries(Object.entries(settings)
		.filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]));
	const {stdout} = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', walk, url],
		{env: {...process.env, ...environment}});
	const result = JSON.parse(stdout.slice(stdout.lastIndexOf('{"requests"')));

	// What was under way at the end is used up as well.
	list?.used(result.requests + connections);
	if (result.broken || (result.refused && !refusals) || !result.requests)
		throw new Error(`${url}${path}: ${JSON.stringify(result)}`);
	return {...result, rate: result.requests / result.seconds};
}

// Runs OURS and FLOOR (functions that give a number) in turn, and gives the median of the rounds' ratios with the
// medians themselves. Each is warmed up first; the order changes from round to round.
export async function alternate(rounds, ours, floor) {
	const pairs = [];

	await floor(true);
	await ours(true);
	for (let round = 0; round < rounds; round++) {
		const pair = {};

		for (const [name, measure] of round % 2 ? [['ours', ours], ['floor', floor]] : [['floor', floor], ['ours', ours]])
			pair[name] = await measure(false);
		pairs.push(pair);
	}
	return {
		ratio: median(pairs.map(pair => pair.ours / pair.floor)),
		ours: median(pairs.map(pair => pair.ours)),
		floor: median(pairs.map(pair => pair.floor)),
		spread: pairs.map(pair => (pair.ours / pair.floor).toFixed(2)).join(' '),
	};
}
