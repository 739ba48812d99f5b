// Mails, from files or from the SMTP server, as a reader sees them.
import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import PostalMime from 'postal-mime';

// {raw, id, from, to, replyTo, subject, text, html, header(name), link}; `link` is what stands alone on a line.
export async function parseMail(bytes) {
	const mail = await PostalMime.parse(bytes);
	const text = (mail.text ?? '').replaceAll('\r\n', '\n');

	return {
		raw: bytes.toString('latin1'),
		id: mail.messageId,
		from: mail.from?.address, fromName: mail.from?.name,
		to: mail.to?.[0]?.address, toName: mail.to?.[0]?.name,
		replyTo: mail.replyTo?.[0]?.address,
		subject: mail.subject, text, html: mail.html ?? '',
		header: name => mail.headers.find(header => header.key === name.toLowerCase())?.value,
		link: text.match(/^https?:\/\/\S+\/d\/\S+$/m)?.[0],
	};
}

// All mails in the folder, oldest first.
export async function readMails(folder) {
	const names = (await readdir(folder)).filter(name => name.endsWith('.eml')).sort();

	return Promise.all(names.map(async name => parseMail(await readFile(join(folder, name)))));
}
