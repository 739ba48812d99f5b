// One-time codes, as the customer finds them in the mail.
import assert from 'node:assert/strict';
import {waitFor} from './wait.js';

const codeIn = mail => mail.text.match(/^\d{6}$/m)?.[0];

// The code of the mail to EMAIL after SEEN that were there before.
export async function codeTo(portal, email, seen = 0) {
	const mails = await waitFor(`a code to ${email}`, async () => {
		const found = (await portal.mails()).filter(mail => mail.to === email && codeIn(mail));

		return found.length > seen && found;
	});

	return codeIn(mails.at(-1));
}

// Has the page send one.
export async function askCode(portal, visitor, email, fields = {}, seen = 0) {
	const answer = await visitor.post('/identity', fields);

	assert.equal(answer.status, 303, answer.text);
	return codeTo(portal, email, seen);
}

// The cookie that an answer sets, as the next request brings it; NULL where it sets none of that name.
export const cookieOf = (answer, name) => answer.headers.getSetCookie().map(line => line.split(';')[0])
	.find(line => line.startsWith(`${name}=`)) ?? null;
