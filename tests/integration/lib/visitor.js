// The customer's side: a browser without JavaScript that has one link.
import assert from 'node:assert/strict';

const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

const entities = {amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' '};

// What HTML text says: no tags, references resolved, any white space one blank.
export function textOf(html) {
	return html.replace(/<(style|script)\b.*?<\/\1>/gs, ' ').replace(/<[^>]*>/g, ' ').replace(/&(#x?[0-9a-f]+|\w+);/gi,
		(whole, name) => name[0] !== '#' ? entities[name] ?? whole
		    : String.fromCodePoint(Number(name[1] === 'x' ? `0${name.slice(1)}` : name.slice(1))))
		.replace(/[\s\u00a0\u202f]+/g, ' ').trim();
}

const attribute = (tag, name) => {
	const value = tag.match(new RegExp(`\\s${name}="([^"]*)"`))?.[1];

	return value === undefined ? undefined : textOf(value);
};

// The inputs of the form whose action ends so, by name; an unticked box is left out. NULL when there is no such form.
export function formOf(html, action) {
	const form = [...html.matchAll(/<form\b[^>]*>.*?<\/form>/gs)].map(match => match[0])
		.find(text => attribute(text.match(/<form\b[^>]*>/)[0], 'action').endsWith(action));

	if (!form)
		return null;
	const inputs = [...form.matchAll(/<input\b[^>]*>/g)].map(match => match[0])
		.filter(tag => attribute(tag, 'type') !== 'checkbox' || / checked/.test(tag));

	return Object.fromEntries(inputs.map(tag => [attribute(tag, 'name'), attribute(tag, 'value') ?? '']));
}

export class Visitor {
	constructor(link, headers = {}) {
		this.link = link;
		this.headers = {'user-agent': browser, ...headers};
	}

	async request(method, path, {body, headers = {}} = {}) {
		const answer = await fetch(this.link + path, {method, body, redirect: 'manual', headers: {...this.headers, ...headers}});
		const bytes = Buffer.from(await answer.arrayBuffer());
		const html = bytes.toString();

		return {status: answer.status, headers: answer.headers, bytes, html, text: textOf(html)};
	}

	get(path = '', headers = {}) {
		return this.request('GET', path, {headers});
	}

	head(path = '') {
		return this.request('HEAD', path);
	}

	post(path, fields, headers = {}) {
		return this.request('POST', path, {body: new URLSearchParams(fields), headers});
	}

	// What the page's JavaScript tells once the page is used.
	opened(version = 1) {
		return this.post('/opened', {version});
	}

	// Reads the page and gives its form for accepting or declining, as a browser would fill it in.
	async form(action = '/accept', query = '') {
		const page = await this.get(query);
		const form = formOf(page.html, action);

		assert.ok(form, `no form ${action} on the page (${page.status}): ${page.text}`);
		return form;
	}

	// Reads and accepts; CHANGES are other answers to the form.
	async accept(changes = {}) {
		return this.post('/accept', {...await this.form(), consent: 'yes', ...changes});
	}
}
