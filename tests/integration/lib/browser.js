// A browser without JavaScript that keeps cookies: for pages one signs in to. It comes from an address of its own
// within loopback, so that limits by address meet one browser alone.
import {newAddress, requestFrom} from './address.js';

const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

export class Browser {
	constructor(url, headers = {}, address = newAddress()) {
		this.url = url;
		this.headers = {'user-agent': agent, 'accept-language': 'da', ...headers};
		this.address = address;
		this.cookies = new Map(); // by name: {value, attributes}
	}

	// {status, headers, html, text, cookies}; `cookies` are those that this answer set.
	async request(method, path, {body, headers = {}} = {}) {
		const cookie = [...this.cookies].filter(([, {attributes}]) => path.startsWith(attributes.path))
			.map(([name, {value}]) => `${name}=${value}`).join('; ');
		const all = {...this.headers, ...(cookie && {cookie}), ...(body !== undefined && {'content-type': 'application/x-www-form-urlencoded'}), ...headers};
		const answer = await requestFrom(this.address, this.url + path, {method, headers: all, body});

		return {...answer, cookies: this.keep(answer.headers['set-cookie'] ?? [])};
	}

	keep(lines) {
		return lines.map(line => {
			const [pair, ...rest] = line.split('; ');
			const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
			const attributes = Object.fromEntries(rest.map(text => text.toLowerCase().split('=')).map(([key, given]) => [key, given ?? true]));

			if (attributes['max-age'] === '0')
				this.cookies.delete(name);
			else
				this.cookies.set(name, {value, attributes});
			return {name, value, attributes};
		});
	}

	get(path, headers) {
		return this.request('GET', path, {headers});
	}

	post(path, fields = {}, headers) {
		return this.request('POST', path, {body: String(new URLSearchParams(fields)), headers});
	}

	// The same, going where a 303 leads.
	async follow(answer) {
		return answer.status === 303 ? this.follow(await this.get(answer.headers.location)) : answer;
	}
}
