// Small files for tests, and posting one to the settings.
import {deflateSync} from 'node:zlib';
import {crc32} from './bytes.js';

function chunk(type, data) {
	const body = Buffer.concat([Buffer.from(type, 'latin1'), data]), out = Buffer.alloc(body.length + 8);

	out.writeUInt32BE(data.length, 0);
	body.copy(out, 4);
	out.writeUInt32BE(crc32(body), body.length + 4);
	return out;
}

// One pixel of this grey.
export function pngOf(grey) {
	const head = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);

	return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head),
		chunk('IDAT', deflateSync(Buffer.from([0, grey]))), chunk('IEND', Buffer.alloc(0))]);
}

export const png = pngOf(128);

// A multipart body with one part `file`.
export function putFile(api, method, path, name, bytes, headers = {}) {
	const form = new FormData();

	form.append('file', new Blob([bytes]), name);
	return api.request(method, path, {body: form, headers});
}
