// Requests from addresses of loopback, since limits count by address.
import {request as httpRequest} from 'node:http';
import {textOf} from './visitor.js';

let last = 0;

// One that nobody else in this test comes from.
export const newAddress = () => `127.0.${1 + Math.floor(++last / 250)}.${1 + last % 250}`;

// Asks from ADDRESS, follows no redirect: {status, headers, html, text}.
export function requestFrom(address, url, {method = 'GET', headers = {}, body} = {}) {
	return new Promise((resolve, reject) => {
		const request = httpRequest(url, {method, localAddress: address, headers}, answer => {
			const chunks = [];

			answer.on('data', chunk => chunks.push(chunk));
			answer.on('end', () => {
				const html = Buffer.concat(chunks).toString();

				resolve({status: answer.statusCode, headers: answer.headers, html, text: textOf(html)});
			});
		});

		request.on('error', reject);
		request.end(body);
	});
}
