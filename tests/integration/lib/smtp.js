// An SMTP server on loopback that does as the tests say, by recipient.
import {SMTPServer} from 'smtp-server';
import {parseMail} from './mail.js';

const refusal = (code, words) => Object.assign(new Error(words), {responseCode: code});

// `mails` are those taken (lib/mail.js). `modes` by address: reject (550), defer (451), vanish (the connection breaks), hang (no answer), swallow
// (taken, but no answer comes);
// others are taken. OPTIONS are those of smtp-server; `users` = {name: password} makes it ask for one.
export async function startSmtp({users, ...options} = {}) {
	const smtp = {mails: [], modes: new Map(), logins: [], hanging: new Set()};
	const server = new SMTPServer({
		authOptional: !users,
		disabledCommands: users ? [] : ['AUTH', 'STARTTLS'],
		disableReverseLookup: true,
		closeTimeout: 100,
		onAuth(auth, session, done) {
			smtp.logins.push({user: auth.username, password: auth.password, secure: session.secure});
			done(users[auth.username] === auth.password ? null : refusal(535, 'Authentication failed'), {user: auth.username});
		},
		onRcptTo({address}, session, done) {
			const mode = smtp.modes.get(address);

			if (mode === 'vanish')
				return destroy(server, session.id);
			if (mode === 'hang') {
				smtp.hanging.add(address);
				return;
			}
			done(mode === 'reject' ? refusal(550, `No such user here: ${address}`)
			    : mode === 'defer' ? refusal(451, 'Come back later') : null);
		},
		onData(stream, session, done) {
			const chunks = [];

			stream.on('data', chunk => chunks.push(chunk));
			stream.on('end', async () => {
				const mail = await parseMail(Buffer.concat(chunks));

				smtp.mails.push({...mail, recipients: session.envelope.rcptTo.map(to => to.address), secure: session.secure,
					user: session.user});
				if (!session.envelope.rcptTo.some(({address}) => smtp.modes.get(address) === 'swallow'))
					done(null, 'taken');
			});
		},
		...options,
	});

	server.on('error', () => {}); // of connections that broke
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
	server.server.unref();
	smtp.port = server.server.address().port;
	smtp.url = `smtp://127.0.0.1:${smtp.port}`;
	smtp.stop = () => new Promise(resolve => server.close(resolve));
	return smtp;
}

function destroy(server, id) {
	for (const connection of server.connections)
		if (connection.id === id)
			connection._socket.destroy();
}
