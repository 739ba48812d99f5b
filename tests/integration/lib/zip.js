// Zip archives with stored members, read and written byte by byte: what tests change, no library may repair.
import assert from 'node:assert/strict';
import {crc32} from './bytes.js';

// [[name, bytes], …] in the order of the central directory.
export function readZip(zip) {
	const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
	const members = [];

	assert.ok(end >= 0, 'no zip');
	for (let i = zip.readUInt16LE(end + 10), at = zip.readUInt32LE(end + 16); i > 0; i--) {
		const nameLength = zip.readUInt16LE(at + 28), local = zip.readUInt32LE(at + 42);
		const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);

		assert.equal(zip.readUInt16LE(at + 10), 0, 'members are stored');
		members.push([zip.toString('utf8', at + 46, at + 46 + nameLength), zip.subarray(start, start + zip.readUInt32LE(at + 20))]);
		at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
	}
	return members;
}

export function writeZip(members) {
	const parts = [], directory = [];
	let offset = 0;

	for (const [name, content] of members) {
		const bytes = Buffer.from(content), title = Buffer.from(name);
		const head = Buffer.alloc(26);

		head.writeUInt16LE(20, 0);
		head.writeUInt32LE(0x00210000, 6); // 1 January 1980
		head.writeUInt32LE(crc32(bytes), 10);
		head.writeUInt32LE(bytes.length, 14);
		head.writeUInt32LE(bytes.length, 18);
		head.writeUInt16LE(title.length, 22);
		parts.push(Buffer.from('PK\x03\x04', 'latin1'), head, title, bytes);
		const more = Buffer.alloc(14);

		more.writeUInt32LE(offset, 10);
		directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), head, more, title]));
		offset += 30 + title.length + bytes.length;
	}
	const list = Buffer.concat(directory), end = Buffer.alloc(22);

	end.write('PK\x05\x06', 'latin1');
	end.writeUInt16LE(members.length, 8);
	end.writeUInt16LE(members.length, 10);
	end.writeUInt32LE(list.length, 12);
	end.writeUInt32LE(offset, 16);
	return Buffer.concat([...parts, list, end]);
}
