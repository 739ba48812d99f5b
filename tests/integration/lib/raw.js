// A connection whose bytes the test writes by itself, for what fetch() cannot say.
import {once} from 'node:events';
import {connect} from 'node:net';

// Sends HEAD (request line and fields) alone and gives the first bytes that come back, as text.
export async function firstAnswer(url, head) {
	const {hostname, port} = new URL(url);
	const socket = connect(Number(port), hostname);

	socket.setTimeout(10000, () => socket.destroy(new Error('no answer within 10 s')));
	try {
		await once(socket, 'connect');
		socket.write(`${head.join('\r\n')}\r\n\r\n`);
		return (await once(socket, 'data'))[0].toString('latin1');
	} finally {
		socket.destroy();
	}
}
