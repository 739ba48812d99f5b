// Drawn signatures, as a browser sends them.
import {deflateSync} from 'node:zlib';
import {pngChunk} from './files.js';

export const pngStart = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

export function pngHead(width, height) {
	const bytes = Buffer.alloc(13);

	bytes.writeUInt32BE(width, 0);
	bytes.writeUInt32BE(height, 4);
	bytes.set([8, 6], 8);
	return pngChunk('IHDR', bytes);
}

// A bar of ink on a transparent ground; EXTRA chunks before the pixels.
export function drawing(width = 300, height = 100, extra = [], ink = 1) {
	const row = y => Buffer.concat([Buffer.of(0), ...Array.from({length: width}, (_, x) =>
		Buffer.from(ink && y > 40 && y < 46 && x > 50 && x < 250 ? [20, 20, 60, 255] : [0, 0, 0, 0]))]);

	return Buffer.concat([pngStart, pngHead(width, height), ...extra,
		pngChunk('IDAT', deflateSync(Buffer.concat(Array.from({length: height}, (_, y) => row(y))))), pngChunk('IEND', Buffer.alloc(0))]);
}

export const dataUrl = (bytes, type = 'image/png') => `data:${type};base64,${bytes.toString('base64')}`;
