// Small files for tests, and posting one to the settings.
import {deflateSync} from 'node:zlib';
import {crc32} from './bytes.js';

export function pngChunk(type, data) {
	const body = Buffer.concat([Buffer.from(type, 'latin1'), data]), out = Buffer.alloc(body.length + 8);

	out.writeUInt32BE(data.length, 0);
	body.copy(out, 4);
	out.writeUInt32BE(crc32(body), body.length + 4);
	return out;
}

// WIDTH × HEIGHT pixels of this grey; with other DATA than those the file is a lie.
export function pngSized(width, height, grey = 0, data = Buffer.alloc((width + 1) * height, Buffer.concat([Buffer.of(0), Buffer.alloc(width, grey)]))) {
	const head = Buffer.alloc(13);

	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(height, 4);
	head[8] = 8;
	return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), pngChunk('IHDR', head),
		pngChunk('IDAT', deflateSync(data)), pngChunk('IEND', Buffer.alloc(0))]);
}

// One pixel of this grey.
export const pngOf = grey => pngSized(1, 1, grey);

export const png = pngOf(128);

// 16 × 16 pixels each.
export const jpeg = Buffer.from(`
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeX
BkeFxlZ2P/wAALCAAQABABAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIh
MUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhI
WGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/AMTQ
tEgurU3N0VSFBlnbt/n0rU/syxCr5OnRhmwyLON8kgwf+Wa9OQQCWxx78Gl7RpdhFt3ME85UZQRJI2VTuCcYckDtzzji0qrcLPJJcb432szMgH
QZ3Nnqe6qcAAAkADn/2Q==`, 'base64');
export const webp = Buffer.from(`
UklGRr4AAABXRUJQVlA4ILIAAADQAwCdASoQABAAA4BaJbACdH8I/+6CAoAH9N9OjMD+ZlIYBat5FQAA+pbbY6dFLUM/azchDF6jz55B/m5hp3
xzwG/8Xq4T2WxVU8QzQQdcOJLrD984XOa1P0PtmsPYdxdKbK9/zlPd1IRpxQjaWDmiLQVCKv2wp1Awv1CSjP6vfmNr/42L8sttmCmYMwIZ/5br
WltiyMbWhiKCOnpSQUZnXMdhh7CEaTQOf2Gq16Cc4AAA`, 'base64');

// A multipart body with one part `file`.
export function putFile(api, method, path, name, bytes, headers = {}) {
	const form = new FormData();

	form.append('file', new Blob([bytes]), name);
	return api.request(method, path, {body: form, headers});
}
