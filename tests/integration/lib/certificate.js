// A certificate for `localhost` that signs itself, made by openssl.
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

// {path, cert, key}; PATH is what a client trusts.
export function makeCertificate(folder) {
	const path = join(folder, 'localhost.pem'), keyPath = join(folder, 'localhost.key');

	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
		'-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', keyPath, '-out', path], {stdio: 'pipe'});
	return {path, cert: readFileSync(path), key: readFileSync(keyPath)};
}
