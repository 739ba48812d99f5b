// A webhook receiver on loopback. It verifies every delivery with the package `standardwebhooks`, which knows nothing of us.
import {createServer} from 'node:http';
import {Webhook} from 'standardwebhooks';

// `deliveries` are {id, path, answered, fault, type, body}, in the order they came; `fault` is why one did not verify.
// Set `mode` to ok, fail (500) or hang. Secrets come later, from the answers that make webhooks.
export async function startReceiver() {
	const receiver = {deliveries: [], mode: 'ok', secrets: new Map()};
	const hanging = new Set();
	const server = createServer((request, response) => {
		const chunks = [];

		request.on('data', chunk => chunks.push(chunk));
		request.on('end', () => {
			record(receiver, request, Buffer.concat(chunks).toString());
			if (receiver.mode === 'hang') {
				hanging.add(response);
				return;
			}
			response.writeHead(receiver.mode === 'ok' ? 200 : 500).end('noted');
		});
	});

	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
	server.unref();
	const base = `http://127.0.0.1:${server.address().port}`;

	// Makes a webhook of this tenant that posts here.
	receiver.register = async (api, types) => {
		const path = `/hook/${receiver.secrets.size}`;
		const webhook = await api.webhook(base + path, types);

		receiver.secrets.set(path, webhook.secret);
		return webhook;
	};
	// Those that were answered with 200.
	receiver.taken = () => receiver.deliveries.filter(delivery => delivery.answered === 'ok');
	// Breaks the connections that hang.
	receiver.release = () => {
		for (const response of hanging)
			response.destroy();
		hanging.clear();
	};
	receiver.stop = () => {
		receiver.release();
		server.closeAllConnections();
		server.close();
	};
	return receiver;
}

function record(receiver, request, text) {
	const {url: path, headers} = request;
	const delivery = {id: headers['webhook-id'], path, headers, answered: receiver.mode};

	try {
		delivery.body = new Webhook(receiver.secrets.get(path)).verify(text, headers);
		delivery.type = delivery.body.type;
	} catch (error) {
		delivery.fault = `${error.message}: ${text}`;
	}
	receiver.deliveries.push(delivery);
}
