import {createHash} from 'node:crypto';

export const sha256 = bytes => createHash('sha256').update(bytes).digest('hex');

// CRC-32 as PNG has it (RFC 2083, section 15).
export function crc32(bytes) {
	let crc = ~0;

	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >>> 1 ^ 0xedb88320 : crc >>> 1;
	}
	return ~crc >>> 0;
}
